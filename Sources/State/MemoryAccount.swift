import Columnar

/// What one part of the state has taken from the process's memory budget; gives it back when it goes.
final class MemoryAccount {
  let budget: MemoryBudget?
  /// Bytes that are counted as this one's.
  private(set) var charged = 0

  init(budget: MemoryBudget?) { self.budget = budget }

  deinit { budget?.release(.slots, charged) }

  /// What state may use of the budget; without one as much as can be counted.
  var limit: Int { budget?.shares[.slots] ?? .max }

  /// Whether all state together, or all memory, has passed the limit.
  var isOver: Bool { budget?.isOver(.slots) ?? false }

  /// Takes `bytes` more, if the budget has them.
  func reserve(_ bytes: Int) -> Bool {
    guard budget?.reserve(.slots, bytes) ?? true else { return false }
    charged += bytes
    return true
  }

  /// So many bytes are in use, whether the budget has them or not.
  func settle(to bytes: Int) {
    if bytes > charged { budget?.charge(.slots, bytes - charged) } else { budget?.release(.slots, charged - bytes) }
    charged = bytes
  }
}
