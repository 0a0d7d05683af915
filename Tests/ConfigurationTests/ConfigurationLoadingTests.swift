import AuditModel
import Glibc
import TestSupport
import Testing

@testable import Configuration

@Suite struct ConfigurationLoadingTests {
  @Test func readsAFile() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/mailtrail.yaml"
      try TestFiles.write("audit: {level: 3}\n", to: path)
      #expect(try Configuration.load(path: path).audit.level == .low)
      #expect(try Configuration.load(path: path, overrides: ["audit.level=1"]).audit.level == .lowest)
    }
  }

  @Test func anExplicitFileMustBeThere() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/none.yaml"
      let error = #expect(throws: ConfigurationError.self) { try Configuration.load(path: path) }
      #expect(error?.errno == ENOENT)
      #expect(
        error?.description
          == "\(path): cannot be read: No such file or directory; check the path given with --config")
      let ofDirectory = #expect(throws: ConfigurationError.self) { try Configuration.load(path: directory) }
      #expect(ofDirectory?.errno == EISDIR)
    }
  }

  @Test func aFileThatIsTooLongIsRefused() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/long.yaml"
      try TestFiles.write(String(repeating: "#", count: YamlReader.maximumSize + 1), to: path)
      let error = #expect(throws: ConfigurationError.self) { try Configuration.load(path: path) }
      #expect(error?.description == "\(path): the text has more than 1048576 bytes, which is the limit")
    }
  }

  @Test func zonesComeFromTheDatabase() throws {
    try withTemporaryDirectory { directory in
      try TestFiles.write("TZif2", to: "\(directory)/Berlin")
      try TestFiles.write("not a zone", to: "\(directory)/zone.tab")
      #expect(TimeZoneSetting("Berlin", databaseDirectory: directory) == .named("Berlin"))
      #expect(TimeZoneSetting("zone.tab", databaseDirectory: directory) == nil)
      #expect(TimeZoneSetting("Paris", databaseDirectory: directory) == nil)
      #expect(TimeZoneSetting("/Berlin", databaseDirectory: directory) == nil)
      #expect(TimeZoneSetting("", databaseDirectory: directory) == nil)
      #expect(TimeZoneSetting("utc", databaseDirectory: directory) == .utc)
      #expect(TimeZoneSetting("local", databaseDirectory: directory) == .local)
    }
  }

  private func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    try body(temporary.path)
  }
}
