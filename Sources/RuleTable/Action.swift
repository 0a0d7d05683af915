import AuditModel

/// A value of an action: what a capture, a context or the entry itself says, or a word of the table.
public indirect enum ValueExpression: Sendable, Hashable {
  case literal([UInt8])
  case capture(UInt16)
  /// A field of a context that the rule uses; the context is named by its index in `Rule.contextNames`.
  case contextField(Int, field: UInt16)
  case entry(EntryField)
  /// The first that is there.
  case first([ValueExpression])
  /// The first bytes: daemons cut long names.
  case prefix(ValueExpression, Int)
  /// The canonical address of the mailbox that an account or an address means.
  case mailbox(NameRole, ValueExpression)
  /// The value after it went through a function.
  case applied(ValueFunction, ValueExpression)
  /// Several values joined: `"a" + <b>`.
  case joined([ValueExpression])

  /// What the journal says of the entry, by trusted fields.
  public enum EntryField: String, Sendable, Hashable, CaseIterable {
    case pid, uid, unit, identifier, host
  }
}

/// When an action is carried out.
public indirect enum Condition: Sendable, Hashable {
  case always
  case contextExists(Int)
  /// The value is there and not empty.
  case present(ValueExpression)
  case equals(ValueExpression, [ValueExpression])
  /// One of the texts stands in the value, upper or lower case.
  case contains(ValueExpression, [[UInt8]])
  case startsWith(ValueExpression, [[UInt8]])
  case isAtLeast(ValueExpression, UInt64)
  case isOf(ValueExpression, NamedClass)
  /// The line can be split in a second way.
  case ambiguous
  /// Nothing proves that the entry's sender is the daemon: see `EntryFacts.Sender`.
  case unproven
  /// The line is as long as its daemon's lines can be: its end may be missing.
  case cut
  /// No event of this rule was emitted so far.
  case otherwise
  case not(Condition)
  case all([Condition])
  case any([Condition])

  /// Classes of values that the configuration names.
  public enum NamedClass: String, Sendable, Hashable, CaseIterable {
    case trash, junk, sent, archive, drafts, inbox
    /// An address of `mailboxes.webmail-hosts`.
    case webmailHost = "webmail-host"
    /// An address of `mailboxes.mail-hosts`.
    case mailHost = "mail-host"
    case loopback
    /// A mailbox that is known on this server; the value is a canonical address.
    case known
    /// A name listed in `mailboxes.aliases`; the value is a canonical address.
    case alias
    /// One value, not a list of several.
    case single
  }
}

extension Condition {
  /// Whether it asks for what nothing proves.
  var asksForUnproven: Bool {
    switch self {
    case .unproven: true
    case .not(let inner): inner.asksForUnproven
    case .all(let terms), .any(let terms): terms.contains(where: \.asksForUnproven)
    default: false
    }
  }
}

/// The key of a context: its kind and what distinguishes the contexts of the kind. A class, so that handing it on costs one
/// reference.
public final class ContextReference: Sendable, Hashable {
  public let kind: String
  public let parts: [ValueExpression]
  /// The same for the same kind in every process and version: part of the context's identity.
  public let kindHash: UInt32
  /// Whether the key means the same on every host (`keep KIND SPAN across hosts`); else each host has its own contexts.
  public let crossesHosts: Bool

  init(kind: String, parts: [ValueExpression], crossesHosts: Bool = false) {
    self.kind = kind
    self.parts = parts
    self.crossesHosts = crossesHosts
    kindHash = Self.hash(ofKind: kind)
  }

  /// The number that stands for a kind in the keys of contexts.
  public static func hash(ofKind kind: String) -> UInt32 {
    var hash = StableHash()
    hash.combine(kind.utf8)
    return UInt32(truncatingIfNeeded: hash.value)
  }

  public static func == (left: ContextReference, right: ContextReference) -> Bool {
    left.kind == right.kind && left.parts == right.parts
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(kind)
    hasher.combine(parts)
  }
}

/// One thing that a rule does when it matched.
public final class Action: Sendable {
  public enum Verb: Sendable, Hashable {
    /// Begins a context anew: what was remembered under the key is gone.
    case begin(ContextReference, fields: [FieldAssignment], ttl: UInt64?)
    /// Adds fields to a context, making it when it is not there.
    case note(ContextReference, fields: [FieldAssignment], ttl: UInt64?)
    /// Looks a context up; later actions see it by its index in `Rule.contextNames`.
    case use(ContextReference, as: Int)
    /// Goes on when one of the contexts is there, or when the time (µs of entry time) has passed.
    case wait([WaitTarget], within: UInt64)
    /// Stops here and can be taken, once, by a rule that asks for the offer; goes on then, when the offer is withdrawn,
    /// or when the time (µs of entry time) has passed. The taker's fields are seen under the name.
    case offer(OfferReference, fields: [FieldAssignment], within: UInt64, as: Int)
    /// Takes one open offer, the newest or the oldest, if there is one; its fields are seen under the name.
    case take(OfferReference, fields: [FieldAssignment], isOldest: Bool, as: Int)
    /// Lets the open offers of a group go on, untaken.
    case withdraw(ContextReference)
    /// Values of the rule's own, which it keeps over its waits. A name that has a value keeps it.
    case set([FieldAssignment])
    /// Makes the first key mean the second's context from now on.
    case alias(ContextReference, of: ContextReference)
    /// Forgets a context after a while (µs).
    case forget(ContextReference, after: UInt64)
    /// Emits an event.
    case event(EventKind, fields: [FieldAssignment], with: [Int], filing: Filing)
    /// An ambiguous line counts for its mailbox only when this context is there; else its events go to `_unknown`.
    case confirm(ContextReference)
    /// The uid of the entry is one that delivers mail: a verified line of the mail server took the offer just made.
    case prove
    /// The line is known and says nothing for an audit.
    case noise
  }

  /// Whose file an event goes to.
  public enum Filing: Sendable, Hashable {
    /// That of its mailbox, or `_unknown` where nobody knows the mailbox.
    case ofMailbox
    /// `_unknown`, whatever its mailbox; also without one, where the rule says `mailbox=nothing`.
    case unowned
    /// `_panel/<account>`: a panel's operation whose mailbox the line does not name.
    case ofPanel(ValueExpression)
    /// `_local/<user>`: a service of this machine that handed a message over.
    case ofLocal(ValueExpression)
  }

  public let verb: Verb
  public let condition: Condition
  public let location: SourceLocation
  /// Whether there is no condition: the usual case, looked at first.
  public let isUnconditional: Bool

  init(verb: Verb, condition: Condition, location: SourceLocation) {
    self.verb = verb
    self.condition = condition
    self.location = location
    isUnconditional = condition == .always
  }
}

/// A context that a rule waits for and the name under which later actions see it.
public struct WaitTarget: Sendable, Hashable {
  public var reference: ContextReference
  public var name: Int
}

/// Under what an offer is made and taken, and the group in which it can be withdrawn.
public struct OfferReference: Sendable, Hashable {
  public var offer: ContextReference
  public var group: ContextReference

  /// - Parameter groupSize: how many of the parts make the group.
  init(kind: String, parts: [ValueExpression], groupSize: Int, crossesHosts: Bool) {
    // Kinds of their own: no context is an offer, nor an offer a group.
    offer = ContextReference(kind: "offer " + kind, parts: parts, crossesHosts: crossesHosts)
    group = Self.group(kind: kind, parts: Array(parts.prefix(groupSize)), crossesHosts: crossesHosts)
  }

  /// The kind under which it is offered and taken.
  var kind: String { String(offer.kind.dropFirst("offer ".count)) }

  static func kind(ofGroup group: ContextReference) -> String { String(group.kind.dropFirst("offers ".count)) }

  static func group(kind: String, parts: [ValueExpression], crossesHosts: Bool) -> ContextReference {
    ContextReference(kind: "offers " + kind, parts: parts, crossesHosts: crossesHosts)
  }
}

/// `field=value` of a context or an event, or `field+=value` / `field-=value` on a context's list.
public struct FieldAssignment: Sendable, Hashable {
  public enum Operation: Sendable, Hashable { case set, add, remove }
  public var field: UInt16
  public var operation: Operation
  public var value: ValueExpression

  /// `mailbox=nothing`: nothing in the lines says whose the event is.
  public var saysNoMailbox: Bool { field == FieldKey.mailbox.rawValue && value == .first([]) }
}
