import Glibc
import TestSupport
import Testing

/// The collector with `audit.tamper-evidence`, and `mailtrail verify`, as programs.
@Suite(.serialized) struct TamperEvidenceTests {
  private let on = ["--set", "audit.tamper-evidence=true"]

  private func verify(_ site: CollectorTests.Site, _ more: [String] = []) throws -> (status: Int32, output: String) {
    let result = try TestProcess.run(site.program, ["verify"] + site.arguments("a") + more)
    return (result.status, result.output + result.errors)
  }

  /// The collector's announcements, as journald would have written them for a user.
  private func announce(_ site: CollectorTests.Site, user: String = "0", changing: (String) -> String = { $0 }) throws
    -> String
  {
    var journal = TestJournal()
    journal.add("mailtrail", "mailtrail started")
    var isFirst = true
    let logs = try TestProcess.run("find", ["\(site.directory)/a/Audit/_seals", "-name", "SEAL-*"]).output
    for log in logs.split(separator: "\n").sorted() {
      for line in String(decoding: try TestFiles.read(String(log)), as: UTF8.self).split(separator: "\n") {
        let parts = line.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 17, parts[13] == "root" else { continue }
        let now = UInt64(time(nil)) * 1_000_000
        journal.add(
          "mailtrail",
          changing(
            "seal \(parts[2].dropFirst().dropLast()), root \(parts[15]), previous \(parts[11]), "
              + "of \(parts[8].dropFirst().dropLast()) day files in \(site.directory)/a/Audit"),
          after: isFirst ? now - 1_790_000_000_000_000 : 1000)
        isFirst = false
      }
    }
    let path = "\(site.directory)/announced.journal"
    unlink(path)
    let text = String(decoding: journal.text, as: UTF8.self).replacing("_UID=0", with: "_UID=\(user)")
    try JournalFile.append(Array(text.utf8), to: path)
    return path
  }

  @Test func collectsSealsAndVerifies() throws {
    let site = try CollectorTests.Site(sessions: 60)
    defer { site.remove() }
    mkdir("\(site.directory)/a", 0o755)
    for _ in 0..<2 {
      let run = try TestProcess.run(site.program, ["collect", "--until-end"] + site.arguments("a") + on)
      #expect(run.status == 0, "\(run.errors)")
    }
    let journal = try announce(site)
    let whole = try verify(site, ["--file", journal])
    #expect(whole.status == 0, "\(whole.output)")
    // The second run may begin with a seal over what the first had just written.
    #expect(
      [2, 3].contains { whole.output.contains("\($0) seals (\($0) in the system journal): no problem") },
      "\(whole.output)")
    #expect(try verify(site, ["user7@example1.org", "-q", "--file", journal]).output == "")
    let json = try verify(site, ["-o", "json", "--file", journal])
    #expect(json.output.hasPrefix("{\"files\":") && json.output.contains("\"problems\":0"))
    // A stranger's word counts for nothing; root's other word does.
    #expect(try verify(site, ["--file", try announce(site, user: "54321")]).status == 1)
    let changed = try verify(
      site,
      [
        "--file",
        try announce(site) { text in
          let digit = text.firstRange(of: "root ")!.upperBound
          return text.replacingCharacters(at: digit, with: text[digit] == "0" ? "1" : "0")
        },
      ])
    #expect(changed.status == 1 && changed.output.contains("is not the one that the system journal has"))
    // A line is removed.
    let path = try #require(try site.tree("a").keys.filter { $0.contains("/example") }.sorted().first)
    let bytes = try TestFiles.read(site.directory + "/a/Audit" + path)
    let lines = bytes.split(separator: 10)
    try TestFiles.write(
      Array(lines.dropFirst().map { Array($0) + [10] }.joined()), to: site.directory + "/a/Audit" + path)
    let found = try verify(site, ["--file", try announce(site)])
    #expect(found.status == 1 && found.output.contains("/a/Audit" + path + ":1: "), "\(found.output)")
    let listed = try verify(site, ["-o", "json", "-q", "--file", try announce(site)])
    #expect(listed.output.hasPrefix("{\"path\":\"\(path.dropFirst())\",\"line\":"), "\(listed.output)")
  }

  @Test func replayChainsAsCollectDid() throws {
    let site = try CollectorTests.Site(sessions: 60)
    defer { site.remove() }
    mkdir("\(site.directory)/a", 0o755)
    // Without failed logins, whose last windows only a replay closes.
    let off = ["--set", "audit.abuse-detection=false"]
    let run = try TestProcess.run(site.program, ["collect", "--until-end"] + site.arguments("a") + on + off)
    #expect(run.status == 0, "\(run.errors)")
    let replay = try TestProcess.run(
      site.program,
      ["replay", "-D", site.directory + "/journal", "--output-dir", site.directory + "/b/Audit"] + site.arguments("c")
        + on + off)
    #expect(replay.status == 0, "\(replay.errors)")
    #expect(try TestFiles.tree(site.directory + "/b/Audit") == site.tree("a"))
  }
}

extension String {
  fileprivate func replacingCharacters(at place: Index, with text: String) -> String {
    String(self[..<place]) + text + String(self[index(after: place)...])
  }
}
