import AuditModel
import RuleTable

/// The actions of all rules of a table in the form in which they are carried out: flat arrays of plain numbers.
///
/// `Action` and `ValueExpression` are trees of references, good to read and to check; walking them costs a count of
/// references at each step, more than the work itself.
struct ActionProgram: Sendable {
  /// One action.
  struct Instruction: Sendable {
    enum Verb: UInt8, Sendable {
      case begin, note, use, wait, offer, take, withdraw, set, alias, forget, event, confirm, prove, noise

      /// Whether it is carried out for a line that nothing proves to be the daemon's: it changes what nobody else reads,
      /// or offers what a proven line may take.
      var isForUnproven: Bool { self == .offer || self == .prove || self == .use || self == .set }
    }

    var verb: Verb
    var kind = EventKind.loginSucceeded
    var filing = Filing.ofMailbox
    /// -1 for none.
    var condition: Int32 = -1
    var key: Int32 = -1
    /// The old key of an alias; the group of an offer; the value that names a panel's account.
    var other: Int32 = -1
    /// Whether the oldest offer is taken rather than the newest.
    var isOldest = false
    /// The index of a context in the rule's names.
    var context: Int32 = -1
    var assignments: Range<Int32> = 0..<0
    /// In `lists`: the contexts of an event, or the keys and names of what is waited for.
    var list: Range<Int32> = 0..<0
    /// How long a context is kept, how long is waited, after how long is forgotten; microseconds.
    var duration: UInt64 = 0
  }

  enum Filing: UInt8, Sendable {
    case ofMailbox, unowned, ofPanel, ofLocal
    /// In `_unknown`, although nothing says whose it is.
    case unnamed
  }

  struct Assignment: Sendable {
    var field: UInt16
    var operation: FieldAssignment.Operation
    var value: Int32
    /// `field=""`: the event must not have it.
    var isEmpty: Bool
  }

  struct Key: Sendable {
    var kindHash: UInt32
    /// Whether contexts of the kind are those of all hosts together.
    var crossesHosts: Bool
    /// Whether it depends on nothing but the rule's captures and the entry.
    var isOfCaptures: Bool
    /// In `lists`: values.
    var parts: Range<Int32>
  }

  struct Value: Sendable {
    enum Kind: UInt8, Sendable {
      case literal, capture, contextField, entry, first, prefix, messageID, account, address, applied, joined,
        loginUser, serviceUser
    }

    var kind: Kind
    /// A name, or a context's index in the rule's names.
    var number: UInt16 = 0
    /// The first byte of a literal; a context's field; the inner value; the first of a list.
    var first: Int32 = 0
    /// The length of a literal or a prefix; a function; how many in a list.
    var count: Int32 = 0
  }

  struct Condition: Sendable {
    enum Kind: UInt8, Sendable {
      case always, contextExists, present, equals, contains, startsWith, isAtLeast, isKnown, isOf, ambiguous, otherwise,
        cut, unproven
      case all, any
    }

    var kind: Kind
    /// Whether it is turned round.
    var isNegated = false
    /// A value, or a context's index.
    var value: Int32 = 0
    /// In `lists`: values, conditions, or indices in `texts`.
    var list: Range<Int32> = 0..<0
    var bound: UInt64 = 0
    var namedClass = RuleTable.Condition.NamedClass.inbox
  }

  /// Where each rule's instructions lie.
  var rules: ContiguousArray<Range<Int32>> = []
  var contextCounts: ContiguousArray<Int> = []
  var instructions: ContiguousArray<Instruction> = []
  var assignments: ContiguousArray<Assignment> = []
  var keys: ContiguousArray<Key> = []
  var values: ContiguousArray<Value> = []
  var conditions: ContiguousArray<Condition> = []
  var lists: ContiguousArray<Int32> = []
  var functions: [ValueFunction] = []
  /// The bytes of all literals.
  var pool: [UInt8] = []
  /// Where texts of conditions lie in the pool.
  var texts: ContiguousArray<Range<Int32>> = []
  /// The values of `daemon` and `rule` of each rule's events, in the pool.
  var daemons: ContiguousArray<Range<Int32>> = []
  var names: ContiguousArray<Range<Int32>> = []
  /// By rule, the account that its deliveries are to; -1 for none.
  var deliveredAccounts: ContiguousArray<Int32> = []
  /// The most contexts that a rule uses.
  var maximumContexts = 0

  /// The bytes of a literal.
  func bytes(_ range: Range<Int32>) -> ArraySlice<UInt8> { pool[Int(range.lowerBound)..<Int(range.upperBound)] }
}
