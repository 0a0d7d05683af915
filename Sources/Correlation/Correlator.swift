import AuditModel
import RuleTable

/// Joins what several lines say into events and decides whose they are.
///
/// Everything is decided by the entries' own times, so that a replay emits the same as live collection did. Used by
/// one thread.
public final class Correlator {
  /// What was emitted since the caller last took it, in that order.
  public private(set) var emitted: [OwnedEvent] = []
  /// Rules that had to stop waiting because too many did.
  public internal(set) var waitsCutShort = 0
  public var contextsEvicted: Int { contexts.evicted }
  /// How many contexts are kept, how many rules wait, how many windows of failures are open.
  public var sizes: (contexts: Int, waiting: Int, bursts: Int) { (contexts.count, waiting.count, bursts.count) }
  /// How many mailboxes are known.
  public var mailboxCount: Int { mailboxes.addresses.count }

  /// The known mailboxes, for another correlation that begins beside this one.
  public var knownAddresses: [MailboxAddress] { mailboxes.addresses.compactMap { MailboxAddress($0.bytes) } }

  let table: CompiledTable
  let program: ActionProgram
  let policy: CorrelationPolicy
  /// From what the keys of contexts are made; a checkpoint brings its own.
  var secret = KeySecret.random()
  /// The captures of the rule at work, in the layout of `FieldLayout`; behind them what is being worked out.
  let arena = Arena()
  /// Where its captures lie there.
  var captures: CaptureIndex
  var keyCache: KeyCache
  /// The rule at work.
  var frame = Frame()
  /// The contexts that it uses, by their indices in its names.
  var frameContexts: ContiguousArray<ContextKey>
  let contexts: ContextStore
  var waiting: [UInt64: Waiting] = [:]
  /// What these take in memory, about.
  var waitingBytes = 0
  var bursts: [BurstKey: Burst] = [:]
  var mailboxes: KnownMailboxes
  var sent: HourlyCounter
  var strangers: HourlyCounter
  /// The time of what is being carried out: that of its host.
  var now: UInt64 = 0
  var nextWait: UInt64 = 1
  /// What waits, by each host's time.
  var clocks = HostClocks()
  /// When windows close, by the newest time.
  var windows = Timers<BurstKey>()
  /// Who waits for a context.
  var waitersOf: [ContextKey: [UInt64]] = [:]
  /// The open offers by their key and by their group, each the oldest first.
  var offers: [ContextKey: [UInt64]] = [:]
  var offerGroups: [ContextKey: [UInt64]] = [:]
  /// Windows changed since the last checkpoint.
  var changedBursts: Set<BurstKey> = []
  /// While the input's end ends all waits, windows close before their end.
  var isFinishing = false
  /// Waits changed since the last checkpoint; kept only when somebody asks for them.
  var changedWaiting: Set<UInt64> = []
  var tracksChanges = false
  /// The names of captures and fields as a restored checkpoint numbers them.
  var storedNames: [String] = []
  /// The keys and kinds as it numbers them.
  var storedVocabulary = StoredVocabulary.current
  /// Whether a restored checkpoint has the hashes of keys, and their secret, rather than the keys.
  var areStoredKeysHashes = false
  /// Waits that are over, with the context that ended them: they go on when the rule at work has done its part.
  var ready: [(id: UInt64, found: ContextKey?, isOnlyOffer: Bool)] = []
  /// What verified entries showed of the senders.
  public var senders = SenderLedger()
  /// Whether a value that was worked out since this was last reset is doubtful.
  var sawDoubt = false
  /// The level of each kind by its number; nil where nobody will see it.
  let levels: [Level?]
  /// Logins since the caller last took them; kept only when somebody asks for them.
  public internal(set) var logins = LoginSightings()
  var notesLogins = false
  /// Whether the table of logins learns of events of a kind, by its number.
  let areNoted: [Bool]

  public convenience init(table: CompiledTable, policy: CorrelationPolicy) {
    self.init(table: table, program: ActionProgram(table), policy: policy)
  }

  /// - Parameter program: the table's; making it takes longer than many lines do.
  init(table: CompiledTable, program: ActionProgram, policy: CorrelationPolicy) {
    self.table = table
    self.policy = policy
    self.program = program
    levels = EventKind.allCases.map { policy.level(of: $0) }
    areNoted = EventKind.allCases.map { LoginSightings.takes($0) && policy.isOn($0) }
    captures = CaptureIndex(upperBound: table.names.upperBound)
    keyCache = KeyCache(count: program.keys.count)
    frameContexts = ContiguousArray(repeating: .none, count: program.maximumContexts)
    let proofs = [FieldKey.mailbox.rawValue, table.names.lookUp("login")].compactMap(\.self)
    contexts = ContextStore(
      maximum: policy.maximumContexts, maximumBytes: policy.maximumContextBytes, proofs: Set(proofs))
    mailboxes = KnownMailboxes(
      configured: policy.knownMailboxes, newPerHour: policy.newMailboxesPerHour, retention: policy.mailboxRetention)
    sent = HourlyCounter(maximum: policy.maximumSentPerHour)
    strangers = HourlyCounter(maximum: policy.maximumStrangersPerHour)
  }

  /// Hands out what was emitted and forgets it.
  public func drainEvents() -> [OwnedEvent] {
    defer { emitted.removeAll(keepingCapacity: true) }
    return emitted
  }

  func emit(_ event: AuditEvent, to owner: TrailOwner) {
    if let shard = policy.shard, !shard.holds(Self.shardKey(event, owner)) { return }
    emitted.append(OwnedEvent(event: event, owner: owner))
  }

  /// What decides whose share an event is in: its mailbox, or the panel's account or the service's user.
  private static func shardKey(_ event: AuditEvent, _ owner: TrailOwner) -> ArraySlice<UInt8> {
    switch owner {
    case .panel(let name), .local(let name): name[...]
    case .mailbox, .unknown, .bridge: event.fields[.mailbox] ?? []
    }
  }
}
