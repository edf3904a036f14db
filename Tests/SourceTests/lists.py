def all_cases(directory): pass
def fuzz(*a): pass
