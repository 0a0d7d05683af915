import Glibc
import TestSupport
import Testing

@testable import Bridge

/// `mailtrail status`, as whoever watches over a machine asks it.
@Suite struct StatusConditionTests {
  private func site() throws -> LiveSite {
    let site = try LiveSite()
    try site.log {
      $0.add("dovecot", "imap-login: Login: user=<ann>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, session=<a>")
    }
    return site
  }

  @Test func exitStatusSaysWhetherItRuns() throws {
    let site = try site()
    defer { site.remove() }
    let never = try site.run(["status"])
    #expect(never.status == 3 && never.errors.contains("no collector has reported"))
    #expect(try site.run(["status", "-o", "prometheus"]).output.contains("\nmailtrail_up 0\n"))
    let collector = try site.start()
    #expect(try site.waits { try site.run(["status"]).status == 0 })
    #expect(try site.run(["status", "-o", "json"]).output.contains(#""condition":"caught-up""#))
    kill(collector.pid, SIGTERM)
    #expect(collector.wait() == 0)
    let stopped = try site.run(["status"])
    #expect(stopped.status == 3 && stopped.output.contains("not running"))
  }

  /// What a reload cannot do goes on until it is mended, and is seen by whoever looks later.
  @Test func aReloadThatDoesNotApplyIsTrouble() throws {
    let site = try site()
    defer { site.remove() }
    let configuration = site.directory + "/mailtrail.yaml"
    let right = try TestFiles.read(configuration)
    let collector = try site.start()
    defer { _ = collector.wait() }
    defer { kill(collector.pid, SIGTERM) }
    #expect(try site.waits { try site.run(["status"]).status == 0 })
    try TestFiles.write("audit: [", to: configuration)
    kill(collector.pid, SIGHUP)
    #expect(try site.waits { site.read("state/status").contains("trouble.reload=") })
    let other = String(decoding: right, as: UTF8.self).replacing("/Audit", with: "/Elsewhere")
    try TestFiles.write(other, to: configuration)
    kill(collector.pid, SIGHUP)
    #expect(
      try site.waits { site.read("state/status").contains("trouble.configuration=the change of audit.directory") })
    #expect(!site.read("state/status").contains("trouble.reload="))
    let status = try site.run(["status"])
    #expect(status.status == 1 && status.output.contains("Trouble: configuration"), "\(status)")
    try TestFiles.write(right, to: configuration)
    kill(collector.pid, SIGHUP)
    #expect(try site.waits { try site.run(["status"]).status == 0 })
  }

  @Test func aMovedDirectoryIsTrouble() throws {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    let path = temporary.path + "/Audit"
    var directories = LockedDirectories()
    try directories.lock([path], timeout: 0)
    #expect(directories.troubles.map(\.reason) == [nil])
    #expect(rename(path, temporary.path + "/moved") == 0)
    #expect(directories.troubles.compactMap(\.reason).count == 1)
    mkdir(path, 0o755)
    #expect(directories.troubles.compactMap(\.reason).count == 1)
    rmdir(path)
    #expect(rename(temporary.path + "/moved", path) == 0)
    #expect(directories.troubles.map(\.reason) == [nil])
  }

  /// As the text format of Prometheus wants it: help and type once in front of the samples, no sample twice.
  @Test func metricsAreWellFormed() throws {
    let site = try site()
    defer { site.remove() }
    #expect(try site.collect().status == 0)
    let file = site.directory + "/mailtrail.prom"
    let outcome = try site.run(["status", "--textfile", file])
    #expect(outcome.status == 0 && outcome.output.isEmpty)
    let text = String(decoding: try TestFiles.read(file), as: UTF8.self)
    #expect(try site.run(["status", "-o", "prometheus"]).output == text)
    var described: [String: String] = [:]
    var samples: Set<String> = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if line.hasPrefix("# TYPE ") { described[String(words[2])] = String(words[3]) }
      guard !line.hasPrefix("#") else { continue }
      let name = String(words[0].prefix { $0 != "{" })
      #expect(words.count == 2 && Double(words[1]) != nil)
      #expect(described[name] == (name.hasSuffix("_total") ? "counter" : "gauge"), "\(name)")
      #expect(samples.insert(String(words[0])).inserted)
    }
    #expect(samples.contains(#"mailtrail_events_total{daemon="dovecot",kind="login.succeeded"}"#))
    #expect(samples.contains("mailtrail_up") && samples.count > 15)
  }

  @Test(arguments: ["status", "mailboxes", "show ann -q", "search -q", "status -o prometheus"])
  func aFullDeviceIsAnError(command: String) throws {
    let site = try site()
    defer { site.remove() }
    #expect(try site.collect().status == 0)
    let words = ([site.program] + command.split(separator: " ").map(String.init) + site.arguments).joined(
      separator: " ")
    let outcome = try TestProcess.run("sh", ["-c", words + " > /dev/full"])
    #expect(outcome.status != 0 && outcome.errors.contains("cannot write the output"), "\(outcome)")
  }

  @Test func aMistypedCommandNamesTheNearest() throws {
    let outcome = try TestProcess.run(TestProcess.mailtrail(), ["shwo", "ann"])
    #expect(outcome.status == 64 && outcome.errors.contains("did you mean ‘mailtrail show’?"), "\(outcome)")
    #expect(try TestProcess.run(TestProcess.mailtrail(), ["frobnicate"]).errors.contains("--help"))
  }
}
