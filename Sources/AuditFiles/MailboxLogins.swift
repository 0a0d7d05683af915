import AuditModel

/// What is known of a mailbox's logins, service by service: a row of the table of logins.
///
/// Rows of one mailbox are merged in any order, and as often as one likes: the newest of each counts, and of what an
/// account was before it was deleted nothing.
package struct MailboxLogins: Sendable, Hashable {
  /// A login, or one that failed.
  package struct Login: Sendable, Hashable {
    /// `login.succeeded`, `login.failed`, `login.denied` or `login.denied-region`.
    package var kind: EventKind
    /// Microseconds since 1970.
    package var time: UInt64
    /// Empty when it is not known.
    package var ip: [UInt8]
    /// Why it failed, as the daemon says.
    package var reason: [UInt8]

    package init(kind: EventKind, time: UInt64, ip: [UInt8], reason: [UInt8] = []) {
      (self.kind, self.time, self.ip, self.reason) = (kind, time, ip, reason)
    }

    /// Of two at one instant always the same one.
    fileprivate func isNewer(than other: Login) -> Bool {
      if time != other.time { return time > other.time }
      if ip != other.ip { return other.ip.lexicographicallyPrecedes(ip) }
      if kind != other.kind { return kind.name.description > other.kind.name.description }
      return other.reason.lexicographicallyPrecedes(reason)
    }
  }

  /// The logins through one service.
  package struct Service: Sendable, Hashable {
    /// The first successful one that is known, microseconds since 1970.
    package var first: UInt64?
    package var success: Login?
    package var failure: Login?

    package init(first: UInt64? = nil, success: Login? = nil, failure: Login? = nil) {
      (self.first, self.success, self.failure) = (first, success, failure)
    }

    package var isEmpty: Bool { success == nil && failure == nil }

    package mutating func merge(_ other: Service) {
      first = [first, other.first].compactMap(\.self).min()
      success = Self.newer(success, other.success)
      failure = Self.newer(failure, other.failure)
    }

    private static func newer(_ one: Login?, _ other: Login?) -> Login? {
      guard let one, let other else { return one ?? other }
      return other.isNewer(than: one) ? other : one
    }

    /// Forgets what was at or before a time. What came later is then the first.
    fileprivate mutating func forget(upTo time: UInt64) {
      if let login = success, login.time <= time { success = nil }
      if let login = failure, login.time <= time { failure = nil }
      if let start = first, start <= time { first = success?.time }
    }
  }

  package let mailbox: MailboxAddress
  /// When the account was deleted; it may have been created anew since.
  package private(set) var deleted: UInt64?
  /// By the names of `ServiceName`; an empty one where the log does not say it.
  package private(set) var services: [String: Service] = [:]

  package init(mailbox: MailboxAddress, deleted: UInt64? = nil, services: [String: Service] = [:]) {
    (self.mailbox, self.deleted, self.services) = (mailbox, deleted, services)
  }

  package var isEmpty: Bool { deleted == nil && services.isEmpty }

  /// All services together.
  package var all: Service { services.values.reduce(into: Service()) { $0.merge($1) } }

  /// When the first of them was, microseconds since 1970; nil for none.
  package var oldest: UInt64? {
    services.values.flatMap { [$0.first, $0.success?.time, $0.failure?.time] }.compactMap(\.self).min()
  }

  /// Takes up what another row knows of the same mailbox, or of one that is the same person's.
  package mutating func merge(_ other: MailboxLogins) {
    deleted = [deleted, other.deleted].compactMap(\.self).max()
    for (name, logins) in other.services { merge(logins, name) }
    for name in services.keys { forgetDeleted(name) }
  }

  /// Takes up a login; those of an account that was deleted since are none of this one.
  package mutating func take(_ login: Login, service: String) {
    let isSuccess = login.kind == .loginSucceeded
    merge(
      Service(
        first: isSuccess ? login.time : nil, success: isSuccess ? login : nil, failure: isSuccess ? nil : login),
      service)
  }

  /// The account was deleted at a time.
  package mutating func delete(at time: UInt64) {
    deleted = max(deleted ?? 0, time)
    for name in services.keys { forgetDeleted(name) }
  }

  private mutating func merge(_ logins: Service, _ name: String) {
    var (own, other) = (services[name] ?? Service(), logins)
    if let deleted {
      own.forget(upTo: deleted)
      other.forget(upTo: deleted)
    }
    own.merge(other)
    services[name] = own.isEmpty ? nil : own
  }

  private mutating func forgetDeleted(_ name: String) {
    guard let deleted else { return }
    services[name]?.forget(upTo: deleted)
    if services[name]?.isEmpty == true { services[name] = nil }
  }

  /// Forgets what nobody is to keep any longer: logins from before a time. Where nobody ever logged in, failures from
  /// before another: strangers cause them, and mail to made-up names may have made the mailbox known. Both in
  /// microseconds since 1970.
  package mutating func removeLogins(before time: UInt64, ofUnusedBefore unused: UInt64) {
    if let end = deleted, end < time { deleted = nil }
    for (name, logins) in services {
      var kept = logins
      if let login = logins.success, login.time < time { (kept.success, kept.first) = (nil, nil) }
      services[name] = kept
    }
    let end = all.success == nil ? max(time, unused) : time
    for (name, logins) in services {
      if let login = logins.failure, login.time < end { services[name]?.failure = nil }
      if services[name]?.isEmpty == true { services[name] = nil }
    }
  }
}

extension MailboxLogins {
  /// The rows that come of what was seen, one a mailbox, in no order.
  package static func rows(
    of sightings: LoginSightings, where isWanted: (LoginSightings.Sighting) -> Bool = { _ in true }
  ) -> [MailboxLogins] {
    var rows: [ArraySlice<UInt8>: MailboxLogins] = [:]
    sightings.forEachSighting { sighting in
      guard isWanted(sighting), let mailbox = MailboxAddress(Array(sighting.mailbox)) else { return }
      var row = rows[sighting.mailbox] ?? MailboxLogins(mailbox: mailbox)
      if sighting.kind == .accountDeleted {
        row.delete(at: sighting.time)
      } else {
        let isSuccess = sighting.kind == .loginSucceeded
        let login = Login(
          kind: sighting.kind, time: sighting.time, ip: Array(LoginTableFormat.cut(sighting.ip)),
          reason: isSuccess ? [] : Array(LoginTableFormat.cut(sighting.reason)))
        row.take(login, service: known(sighting.service))
      }
      rows[sighting.mailbox] = row
    }
    return Array(rows.values)
  }

  /// The name of a service; empty for one that is none.
  package static func known(_ name: ArraySlice<UInt8>) -> String {
    isKnown(name) ? String(decoding: name, as: UTF8.self) : ""
  }

  static func isKnown(_ name: ArraySlice<UInt8>) -> Bool { serviceNames.contains { $0.elementsEqual(name) } }

  private static let serviceNames = ServiceName.all.map { Array($0.utf8) }
}
