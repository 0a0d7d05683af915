import AuditModel
import Glibc
import Testing

@testable import Configuration

@Suite struct ConfigurationLoadingTests {
  @Test func readsAFile() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/mailtrail.yaml"
      try write("audit: {level: 3}\n", to: path)
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
      try write(String(repeating: "#", count: YamlReader.maximumSize + 1), to: path)
      let error = #expect(throws: ConfigurationError.self) { try Configuration.load(path: path) }
      #expect(error?.description == "\(path): the text has more than 1048576 bytes, which is the limit")
    }
  }

  @Test func zonesComeFromTheDatabase() throws {
    try withTemporaryDirectory { directory in
      try write("TZif2", to: "\(directory)/Berlin")
      try write("not a zone", to: "\(directory)/zone.tab")
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
    var template = Array("/tmp/mailtrail-test.XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      for name in ["mailtrail.yaml", "long.yaml", "Berlin", "zone.tab"] { unlink("\(path)/\(name)") }
      rmdir(path)
    }
    try body(path)
  }

  private func write(_ text: String, to path: String) throws {
    let file = try #require(fopen(path, "w"))
    defer { fclose(file) }
    #expect(fputs(text, file) >= 0)
  }
}
