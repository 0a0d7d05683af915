import AuditModel
import RuleTable

/// A rule at work on one line; its captures and contexts lie beside it.
struct Frame {
  var rule = 0
  var facts = EntryFacts(realtime: 0, identity: 0, machine: 0, pid: 0, uid: 0, host: [], unit: [], identifier: [])
  /// The end of the captures in the arena.
  var capturesEnd = 0
  var isAmbiguous = false
  /// Whether an event was emitted.
  var hasEmitted = false
  /// Whether a context proves whose the line is.
  var isConfirmed = false
  /// Whether a doubtful value decided which of the rule's events is emitted.
  var isBranchDoubtful = false
  /// Whether the line may lack its end.
  var isCut = false
  /// Whether the offer at which the rule just stopped was taken, and no other sender had one under its key.
  var isOnlyOffer = false
  /// By their index in the rule's names, the contexts that were looked up under a doubtful key.
  var doubtfulContexts: UInt64 = 0
}

/// A rule that stopped on its way, with all that it had.
struct Execution: Sendable {
  var rule: Int
  var facts: EntryFacts
  var captures: FieldSet
  var isAmbiguous: Bool
  /// The keys of the contexts in use, by their indices in the rule's `contextNames`.
  var contexts: [ContextKey?]
  /// Whether an event was emitted.
  var hasEmitted: Bool
  var isConfirmed = false
  var isBranchDoubtful = false
  var isCut = false
  var doubtfulContexts: UInt64 = 0
}
