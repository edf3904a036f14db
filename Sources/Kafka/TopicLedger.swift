/// What is known of the topics that rows go to, and which of them to ask the brokers about. Pure: answers and the time
/// come from outside.
struct TopicLedger {
  /// After this long the brokers are asked again about a topic that is there, in milliseconds: it may have grown.
  static let refresh_ms: Int64 = 60_000
  /// After this long they are asked again about one that was refused, in milliseconds.
  static let refusal_ms: Int64 = 5_000
  /// How long a topic may be unknown before it is refused, in milliseconds: brokers hear of new ones one by one.
  static let propagation_ms: Int64 = 3_000
  /// From one question about a topic to the next while there is no answer, in milliseconds.
  static let pause_ms: Int64 = 200
  /// The most topics that are kept: their names may come from data.
  static let limit = 10_000

  /// A topic to ask the brokers about.
  struct Question: Equatable {
    var name: String
    var needs = TopicNeeds()
    /// Whether it has been known before.
    var isKnown = false
  }

  /// What the brokers said.
  enum Reply {
    case found(TopicFacts)
    /// They don't know the topic.
    case missing(KafkaFailure)
    case refused(KafkaFailure)
    /// They could not be asked.
    case none
  }

  fileprivate struct Entry {
    var answer: TopicDirectory.Answer
    var needs: TopicNeeds
    /// When the answer came.
    var answered_ms: Int64
    var isDue: Bool
    /// Not to be asked about before.
    var pausedUntil_ms: Int64
    /// Since when the brokers don't know it.
    var missingSince_ms: Int64?
  }
  private var entries: [String: Entry] = [:]

  /// What is known of a topic; `waiting` if that is nothing yet, or if it is older than `maxAge_ms`, or less than
  /// what is needed. Of several ways to make it, the first that is given counts.
  mutating func look(
    up name: String, _ needs: TopicNeeds = TopicNeeds(), maxAge_ms: Int64, now_ms: Int64
  ) -> TopicDirectory.Answer {
    guard var entry = entries[name] else { return add(name, needs, now_ms) }
    entry.needs.creation = entry.needs.creation ?? needs.creation
    entry.needs.limits = entry.needs.limits || needs.limits
    let age_ms = now_ms - entry.answered_ms
    switch entry.answer {
    case .waiting: break
    case .known where age_ms > Self.refresh_ms: entry.isDue = true
    case .refused where age_ms > Self.refusal_ms: entry.isDue = true
    case .known, .refused: break
    }
    var suffices = age_ms <= maxAge_ms
    if case .known(let facts) = entry.answer, needs.limits, facts.limits == nil { suffices = false }
    if !suffices { entry.isDue = true }
    entries[name] = entry
    return suffices ? entry.answer : .waiting
  }

  private mutating func add(_ name: String, _ needs: TopicNeeds, _ now_ms: Int64) -> TopicDirectory.Answer {
    if entries.count >= Self.limit { entries = entries.filter { !$0.value.isOld(now_ms) } }
    guard entries.count < Self.limit else {
      return .refused(
        KafkaFailure(
          "topic \"\(name)\"", name: "TOO_MANY_TOPICS", "rows go to \(Self.limit) topics already", .fatal,
          remedy: "Allow fewer"))
    }
    entries[name] = Entry(
      answer: .waiting, needs: needs, answered_ms: now_ms, isDue: true, pausedUntil_ms: now_ms)
    return .waiting
  }

  /// What to ask the brokers now. A topic that is known is not made again by being asked about.
  func due(now_ms: Int64) -> [Question] {
    let due = entries.filter { $0.value.isDue && $0.value.pausedUntil_ms <= now_ms }
    return due.sorted { $0.key < $1.key }.map { name, entry in
      guard case .known = entry.answer else { return Question(name: name, needs: entry.needs) }
      return Question(name: name, needs: TopicNeeds(limits: entry.needs.limits), isKnown: true)
    }
  }

  /// What the brokers said about a topic that was due.
  mutating func note(_ reply: Reply, of name: String, now_ms: Int64) {
    guard var entry = entries[name] else { return }
    if case .missing = reply {
      entry.missingSince_ms = entry.missingSince_ms ?? now_ms
    } else {
      entry.missingSince_ms = nil
    }
    switch reply {
    case .found(let facts): entry.settle(.known(facts), now_ms)
    case .refused(let failure): entry.settle(.refused(failure), now_ms)
    case .missing(let failure) where now_ms - (entry.missingSince_ms ?? now_ms) >= Self.propagation_ms:
      entry.settle(.refused(failure), now_ms)
    case .missing, .none: entry.pausedUntil_ms = now_ms + Self.pause_ms
    }
    entries[name] = entry
  }
}

extension TopicLedger.Entry {
  fileprivate mutating func settle(_ answer: TopicDirectory.Answer, _ now_ms: Int64) {
    self.answer = answer
    answered_ms = now_ms
    isDue = false
  }

  /// Whether it was refused, or last known, so long ago that it can go.
  fileprivate func isOld(_ now_ms: Int64) -> Bool {
    switch answer {
    case .waiting: false
    case .known: now_ms - answered_ms > 2 * TopicLedger.refresh_ms
    case .refused: now_ms - answered_ms > TopicLedger.refusal_ms
    }
  }
}
