print("ColdStoreBenchmark")
