import Glibc
import Platform
import Testing

@testable import AuditFiles

/// A directory that is gone when the test is.
final class TemporaryDirectory: Sendable {
  let path: String

  /// In memory where asked for and possible: the crash tests make thousands of trees, and sync each.
  init(inMemory: Bool = false) {
    let base = inMemory && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR").map { String(cString: $0) }
    var template = Array("\(base ?? "/tmp")/audit-tree.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("mkdtemp: errno \(errno)") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { run("rm", "-rf", path) }

  var root: String { path + "/Audit" }
  var state: String { path + "/state" }

  func write(_ text: String, to relativePath: String) { write(Array(text.utf8), to: relativePath) }

  func write(_ bytes: [UInt8], to relativePath: String) {
    let file = open(path + "/" + relativePath, O_WRONLY | O_CREAT | O_TRUNC, 0o640)
    #expect(file >= 0 && Glibc.write(file, bytes, bytes.count) == bytes.count)
    close(file)
  }

  func read(_ relativePath: String) -> [UInt8]? {
    try? FileDescriptor.contents(of: path + "/" + relativePath, limit: 1 << 30)
  }

  func exists(_ relativePath: String) -> Bool {
    var status = stat()
    return lstat(path + "/" + relativePath, &status) == 0
  }

  /// All files of the tree but FORMAT, with their bytes.
  func treeFiles() throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    let root = try Directory.open(root, create: false, calls: SystemCalls())
    func collect(_ directory: Directory, _ prefix: String) throws {
      for name in try directory.names() where prefix + name != TreeFormat.fileName {
        if directory.isDirectory(name) {
          try collect(#require(try directory.directory(name)), prefix + name + "/")
        } else {
          files[prefix + name] = read("Audit/" + prefix + name)
        }
      }
    }
    try collect(root, "")
    return files
  }
}

/// Runs a program and waits; its exit status, or -1.
@discardableResult
func run(_ arguments: String...) -> Int32 {
  var pid = pid_t()
  var pointers = arguments.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  guard posix_spawnp(&pid, arguments[0], nil, nil, &pointers, environ) == 0 else { return -1 }
  var status: Int32 = 0
  guard waitpid(pid, &status, 0) == pid, status & 0x7f == 0 else { return -1 }
  return (status >> 8) & 0xff
}
