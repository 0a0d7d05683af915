import AuditModel
import Glibc
import Platform
import Synchronization
import TestSupport
import Testing

@testable import AuditFiles
@testable import AuditWriting

/// The table of logins: what rows say, and what is left of them whatever becomes of the files.
@Suite struct LoginTableTests {
  private static let noon: UInt64 = 1_772_366_400_000_000
  private static let day: UInt64 = 86_400_000_000

  private static func address(_ name: String) -> MailboxAddress { MailboxAddress(Array(name.utf8))! }

  private static func login(_ time: UInt64, _ ip: String = "192.0.2.7") -> MailboxLogins.Login {
    .init(kind: .loginSucceeded, time: time, ip: Array(ip.utf8))
  }

  private static func failure(_ time: UInt64, _ reason: String = "no") -> MailboxLogins.Login {
    .init(kind: .loginFailed, time: time, ip: Array("203.0.113.9".utf8), reason: Array(reason.utf8))
  }

  private static func row(_ name: String, _ logins: [MailboxLogins.Login], service: String = "imap") -> MailboxLogins {
    var row = MailboxLogins(mailbox: address(name))
    for login in logins { row.take(login, service: service) }
    return row
  }

  private func withTree(_ body: (TemporaryDirectory) throws -> Void) throws {
    let directory = TemporaryDirectory(inMemory: true)
    defer { directory.remove() }
    _ = try AuditTree(root: directory.root, mode: .bulk, calendar: .utc)
    try body(directory)
  }

  private func rows(_ directory: TemporaryDirectory) throws -> (rows: [MailboxLogins], damaged: Int) {
    let reader = try #require(try LoginTableReader(root: directory.root))
    var rows: [MailboxLogins] = []
    let damage = try reader.forEachRow { rows.append($0) }
    return (rows, damage.total)
  }

  // MARK: - Rows

  @Test("rows are merged in any order, as often as one likes") func merging() {
    let parts = [
      Self.row("a@b", [Self.login(30)]), Self.row("a@b", [Self.login(10), Self.failure(40)]),
      Self.row("a@b", [Self.login(20, "192.0.2.8")], service: "pop3"), Self.row("a@b", [Self.failure(35)]),
      Self.row("a@b", [Self.login(30, "192.0.2.9")]),
    ]
    var found: Set<MailboxLogins> = []
    for seed in 0..<40 {
      var row = MailboxLogins(mailbox: Self.address("a@b"))
      for step in 0..<15 { row.merge(parts[(seed * 7 + step * (seed % 4 + 1) + step / 5) % 5]) }
      for part in parts { row.merge(part) }
      found.insert(row)
    }
    #expect(found.count == 1)
    let imap = found.first?.services["imap"]
    #expect(imap?.first == 10 && imap?.success == Self.login(30, "192.0.2.9") && imap?.failure == Self.failure(40))
    #expect(found.first?.all.success?.time == 30 && found.first?.services.count == 2)
  }

  @Test("what an account was before it was deleted is none of the new one's") func deletedAndCreatedAnew() {
    let old = Self.row("a@b", [Self.login(10), Self.failure(20)])
    var row = old
    row.delete(at: 25)
    #expect(row.services.isEmpty && row.deleted == 25)
    row.merge(Self.row("a@b", [Self.login(40)]))
    // Its entries were read again.
    row.merge(old)
    row.delete(at: 25)
    #expect(row.all == MailboxLogins.Service(first: 40, success: Self.login(40)))
    // One that was learnt of late.
    var late = Self.row("a@b", [Self.login(10), Self.login(40)])
    late.delete(at: 25)
    #expect(late == row)
  }

  @Test func rowsOfSightings() throws {
    var sightings = LoginSightings()
    func add(_ kind: EventKind, _ time: UInt64, _ service: String, _ reason: String = "") {
      Array(service.utf8).withUnsafeBytes { service in
        Array("192.0.2.7".utf8).withUnsafeBytes { ip in
          Array(reason.utf8).withUnsafeBytes {
            sightings.append(kind, at: time, mailbox: Array("a@b".utf8), service: service, ip: ip, reason: $0)
          }
        }
      }
    }
    add(.loginSucceeded, 1, "imap", "ignored")
    add(.loginSucceeded, 5, "no service")
    add(.loginDenied, 7, "imap", String(repeating: "ä", count: 300))
    var rows = MailboxLogins.rows(of: sightings)
    #expect(sightings.count == 3 && rows.count == 1)
    #expect(rows[0].services["imap"]?.success == Self.login(1))
    #expect(rows[0].services[""]?.success?.time == 5)
    let failure = try #require(rows[0].services["imap"]?.failure)
    #expect(failure.kind == .loginDenied && failure.reason == Array(String(repeating: "ä", count: 100).utf8))
    add(.accountDeleted, 6, "")
    rows = MailboxLogins.rows(of: sightings)
    #expect(rows[0].deleted == 6 && rows[0].services.keys.sorted() == ["imap"])
    #expect(rows[0].all.success == nil && rows[0].all.failure?.time == 7)
  }

  // MARK: - Form

  @Test("golden bytes of version 1") func golden() throws {
    try withTree { directory in
      let table = try LoginTable(root: directory.root, isDurable: true)
      var ann = Self.row("ann@example.org", [Self.login(Self.noon), Self.failure(Self.noon + 1, "no % -\n")])
      ann.merge(Self.row("ann@example.org", [Self.login(Self.noon + 2, "")], service: ""))
      ann.merge(MailboxLogins(mailbox: ann.mailbox, deleted: Self.noon - 1))
      let changes = """
        mailtrail logins 1
        ann@example.org 1772366399999999 - 1772366400000002 1772366400000002 - - - - - imap 1772366400000000 1772366400000000 192.0.2.7 1772366400000001 login.failed 203.0.113.9 no%20%25%20-%0A HASH
        j%C3%B6rg@%20 - pop3 - - - 5 login.failed 203.0.113.9 %2D HASH

        """
      let head = "mailtrail logins 1\n= 1772366400000000 1772366400000000 HASH\n"
      try table.append(
        [Self.row("jörg@ ", [Self.failure(5, "-")], service: "pop3"), ann], since: Self.noon)
      #expect(Self.withoutHashes(directory.read("Audit/_logins/changes")) == changes)
      #expect(Self.withoutHashes(directory.read("Audit/_logins/table")) == head + ". 0 0 HASH\n")
      let before = try rows(directory)
      #expect(before.rows == [ann, Self.row("jörg@ ", [Self.failure(5, "-")], service: "pop3")])
      // The old login is too old; the row goes.
      try table.rewrite(now: .max, newest: Self.noon + 5)
      let kept = changes.split(separator: "\n")[1] + "\n"
      #expect(
        Self.withoutHashes(directory.read("Audit/_logins/table"))
          == head.replacing(" 1772366400000000 HASH", with: " 1772366400000005 HASH") + kept + ". 1 0 HASH\n")
      #expect(!directory.exists("Audit/_logins/changes"))
      #expect(try rows(directory).rows == [ann] && rows(directory).damaged == 0)
    }
    #expect(LoginTableFormat.encode(.end(.init(rows: 0, damaged: 0))) == Array(". 0 0 d7cebb4df6728a15\n".utf8))
  }

  private static func withoutHashes(_ bytes: [UInt8]?) -> String {
    String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard let space = line.lastIndex(of: " "), line[space...].count == 17 else { return String(line) }
      return line[...space] + "HASH"
    }.joined(separator: "\n")
  }

  @Test("names and texts of strangers make no other row and no other line") func hostileTexts() throws {
    let texts = [
      "-", "%", "%2D", " ", "\n", "= 1 2", ".", "a b", "\u{1B}[2J", "a@b - imap 9 9 - - - - -", "ä\0",
      "mailtrail logins 2",
    ]
    try withTree { directory in
      let table = try LoginTable(root: directory.root, isDurable: false)
      let wanted =
        texts.map { text in
          Self.row(
            text + "@" + text, [.init(kind: .loginDenied, time: 7, ip: Array(text.utf8), reason: Array(text.utf8))])
        } + [Self.row("\u{FF}@x", [.init(kind: .loginSucceeded, time: 7, ip: [0xFF, 0x0A, 0x20])])]
      try table.append(wanted, since: 1)
      for _ in 0..<2 {
        let found = try rows(directory)
        #expect(Set(found.rows) == Set(wanted) && found.rows.count == wanted.count && found.damaged == 0)
        try table.rewrite(now: 8, newest: 8)
      }
    }
  }

  @Test("a newer table is refused and stays") func newerVersion() throws {
    for name in ["table", "changes"] {
      try withTree { directory in
        try LoginTable(root: directory.root, isDurable: true).append([Self.row("a@b", [Self.login(1)])], since: 1)
        directory.write("mailtrail logins 2\n? 7\n", to: "Audit/_logins/" + name)
        let table = try LoginTable(root: directory.root, isDurable: true)
        #expect(throws: FileError.self) { try table.check() }
        #expect(throws: FileError.self) { try LoginTableReader(root: directory.root) }
        #expect(directory.read("Audit/_logins/" + name) == Array("mailtrail logins 2\n? 7\n".utf8))
      }
    }
  }

  // MARK: - Damage

  @Test("durability 31: a torn last line is ignored and cut, a damaged line is counted, also when it is gone")
  func damage() throws {
    try withTree { directory in
      let table = try LoginTable(root: directory.root, isDurable: true)
      try table.append([Self.row("a@b", [Self.login(1)]), Self.row("c@d", [Self.login(2)])], since: 1)
      var changes = try #require(directory.read("Audit/_logins/changes"))
      let whole = changes
      changes += Array("e@f - imap 3".utf8)
      directory.write(changes, to: "Audit/_logins/changes")
      #expect(try rows(directory).rows.count == 2 && rows(directory).damaged == 0)
      let next = try LoginTable(root: directory.root, isDurable: true)
      try next.append([Self.row("g@h", [Self.login(4)])], since: 9)
      #expect(try rows(directory).rows.map(\.mailbox) == ["a@b", "c@d", "g@h"].map(Self.address))
      #expect(directory.read("Audit/_logins/changes")?.starts(with: whole) == true)
      // One digit of a time.
      changes = try #require(directory.read("Audit/_logins/changes"))
      let digit = try #require(changes.lastIndex(of: UInt8(ascii: "4")))
      let inTime = try #require(changes[..<digit].lastIndex(of: UInt8(ascii: "2")))
      changes[inTime] ^= 1
      directory.write(changes, to: "Audit/_logins/changes")
      let damaged = try rows(directory)
      #expect(damaged.damaged == 1 && damaged.rows.count == 2)
      #expect(try LoginTable(root: directory.root, isDurable: true).rewrite(now: 9, newest: 9).found == 1)
      #expect(try rows(directory).damaged == 1 && rows(directory).rows.count == 2)
    }
  }

  @Test("durability 31: a table that was cut anywhere says so, and never makes a row up") func cutTable() throws {
    try withTree { directory in
      let table = try LoginTable(root: directory.root, isDurable: true)
      let wanted = (0..<5).map { Self.row("user\($0)@example.org", [Self.login(UInt64($0 + 1))]) }
      try table.append(wanted, since: 1)
      try table.rewrite(now: 9, newest: 9)
      let whole = try #require(directory.read("Audit/_logins/table"))
      for length in 0..<whole.count {
        directory.write(Array(whole[..<length]), to: "Audit/_logins/table")
        let found = try rows(directory)
        #expect(found.damaged > 0 && found.rows == Array(wanted.prefix(found.rows.count)), "cut at \(length)")
      }
    }
  }

  // MARK: - Stops and failures

  /// Appends and rewrites, as a collector does that is started again after a stop and reads what it had read.
  private func work(_ directory: TemporaryDirectory, _ calls: SystemCalls) throws {
    let table = try LoginTable(root: directory.root, isDurable: true, maximumChanges: 300, calls: calls)
    try table.check()
    for step in 0..<4 {
      let rows = (0...step).map { number in
        Self.row("user\(number)@b", [Self.login(UInt64(10 * step + number + 1)), Self.failure(UInt64(step + 1))])
      }
      try table.append(rows, since: 1)
      if table.isRewriteDue(newest: 50) { try table.rewrite(now: 50, newest: 50) }
    }
  }

  @Test(
    "durability 31: whatever call the end or a failure comes at, the same logins are known", arguments: [false, true])
  func interrupted(isTorn: Bool) throws {
    var wanted: [MailboxLogins] = []
    let count = Atomic(0)
    try withTree { directory in
      try work(
        directory,
        SystemCalls { _ in
          count.add(1, ordering: .relaxed)
          return nil
        })
      wanted = try rows(directory).rows
    }
    let calls = count.load(ordering: .relaxed)
    #expect(calls > 30 && wanted.count == 4)
    for stop in 0..<calls {
      for failures in [1, 3, Int.max] {
        try withTree { directory in
          let number = Atomic(0)
          let made = Atomic(0)
          let trouble = SystemCalls { call in
            guard number.add(1, ordering: .relaxed).oldValue >= stop, made.load(ordering: .relaxed) < failures
            else { return nil }
            let isFirst = made.add(1, ordering: .relaxed).oldValue == 0
            return isTorn && isFirst && call == .overwrite ? .shortWrite(7) : .failure(EIO)
          }
          // A failed try is made again; one that never succeeds is the end.
          for _ in 0..<4 {
            do {
              try work(directory, trouble)
              break
            } catch is FileError {}
          }
          for row in directory.exists("Audit/_logins") ? try rows(directory).rows : [] {
            #expect(
              wanted.first { $0.mailbox == row.mailbox }.map { Self.isWithin(row, $0) } == true, "ahead at \(stop)")
          }
          try work(directory, SystemCalls())
          let end = try rows(directory)
          #expect(end.rows == wanted && end.damaged == 0, "at call \(stop) of \(calls), \(failures) failures")
        }
      }
    }
  }

  private static func isWithin(_ row: MailboxLogins, _ whole: MailboxLogins) -> Bool {
    var merged = whole
    merged.merge(row)
    return merged == whole
  }

  // MARK: - Moving and keeping

  @Test func moving() throws {
    try withTree { directory in
      let table = try LoginTable(root: directory.root, isDurable: true)
      try table.append(
        [
          Self.row("ann@mx", [Self.login(5, "192.0.2.5"), Self.failure(9)]), Self.row("ann@b", [Self.login(7)]),
          Self.row("ann@mx.b", [Self.login(1)]),
        ], since: 1)
      #expect(try table.move(TrailPath(.mailbox(Self.address("ann@mx"))), to: Self.address("ann@b"), now: 10))
      var merged = Self.row("ann@b", [Self.login(7), Self.failure(9)])
      merged.merge(Self.row("ann@b", [Self.login(5, "192.0.2.5")]))
      #expect(try rows(directory).rows == [merged, Self.row("ann@mx.b", [Self.login(1)])])
      #expect(try !table.move(TrailPath(.mailbox(Self.address("ann@mx"))), to: Self.address("ann@b"), now: 10))
    }
  }

  @Test("logins are kept for 400 days by the earlier of the clock and the newest entry") func retention() throws {
    try withTree { directory in
      let table = try LoginTable(root: directory.root, isDurable: true)
      let row = Self.row("a@b", [Self.login(Self.noon), Self.login(Self.noon + Self.day), Self.failure(Self.noon)])
      try table.append([row], since: Self.noon)
      try table.rewrite(now: Self.noon + 401 * Self.day, newest: Self.noon)
      try table.rewrite(now: Self.noon, newest: Self.noon + 500 * Self.day)
      #expect(try rows(directory).rows == [row])
      #expect(table.isRewriteDue(newest: Self.noon + 502 * Self.day) && !table.isRewriteDue(newest: Self.noon))
      let time = Self.noon + 401 * Self.day - 1
      try table.rewrite(now: time, newest: time)
      let imap = MailboxLogins.Service(first: Self.noon, success: Self.login(Self.noon + Self.day))
      #expect(try rows(directory).rows.map(\.services) == [["imap": imap]])
      try table.rewrite(now: time + 2, newest: time + 2)
      #expect(try rows(directory).rows.isEmpty)
      // Whoever sends mail to made-up names and tries them makes rows, but not for long.
      let new = [
        Self.row("a@b", [Self.login(Self.noon), Self.failure(Self.noon)]), Self.row("x@b", [Self.failure(Self.noon)]),
      ]
      try table.append(new, since: 1)
      try table.rewrite(now: Self.noon + 7 * Self.day, newest: Self.noon + 7 * Self.day)
      #expect(try rows(directory).rows == new)
      try table.rewrite(now: Self.noon + 8 * Self.day, newest: Self.noon + 8 * Self.day)
      #expect(try rows(directory).rows == [new[0]])
    }
  }
}
