import Glibc

/// Real journal files, which systemd-journal-remote makes of entries in the export format.
package enum JournalFile {
  /// Makes a journal file, or appends to it when it is there.
  package static func append(_ text: [UInt8], to path: String) throws {
    let candidates = ["/usr/lib/systemd/systemd-journal-remote", "/lib/systemd/systemd-journal-remote"]
    guard let program = candidates.first(where: { access($0, X_OK) == 0 }) else {
      throw TestFailure("systemd-journal-remote is missing: install the package of that name")
    }
    let input = path + ".export"
    try TestFiles.write(text, to: input)
    defer { unlink(input) }
    let result = try TestProcess.run(program, ["--output=\(path)", input])
    guard result.status == 0 else { throw TestFailure("systemd-journal-remote: \(result.errors)") }
  }
}
