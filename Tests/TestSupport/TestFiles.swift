import Glibc

/// Files and directories of a test.
package enum TestFiles {
  package static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

  package static func write(_ bytes: [UInt8], to path: String) throws {
    guard let file = fopen(path, "we") else { throw failure("cannot write", path) }
    defer { fclose(file) }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw failure("cannot write", path) }
  }

  /// Appends, as a daemon does that holds the file open.
  package static func append(_ text: String, to path: String) throws {
    let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
    guard file >= 0 else { throw failure("cannot append to", path) }
    defer { close(file) }
    guard Glibc.write(file, text, text.utf8.count) == text.utf8.count else { throw failure("cannot append to", path) }
  }

  package static func read(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "re") else { throw failure("cannot read", path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
  }

  package static func makeDirectory(_ path: String) throws {
    guard try TestProcess.run("mkdir", ["-p", path]).status == 0 else { throw TestFailure("cannot make \(path)") }
  }

  /// All audit files below a directory but the collector's own, by relative path.
  package static func tree(_ root: String) throws -> [String: [UInt8]] {
    let result = try TestProcess.run("find", [root, "-name", "AUDIT-*.log", "-not", "-path", "*/_bridge/*"])
    var files: [String: [UInt8]] = [:]
    for path in result.output.split(separator: "\n") {
      files[String(path.dropFirst(root.count))] = try read(String(path))
    }
    return files
  }

  package static func remove(_ path: String) { _ = try? TestProcess.run("rm", ["-rf", path]) }

  private static func failure(_ what: String, _ path: String) -> TestFailure {
    TestFailure("\(what) \(path): \(String(cString: strerror(errno)))")
  }
}
