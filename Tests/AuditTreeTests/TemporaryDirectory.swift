import Glibc
import Platform
import TestSupport
import Testing

@testable import AuditFiles

/// A directory with a tree and a state in it.
extension TemporaryDirectory {
  var root: String { path + "/Audit" }
  var state: String { path + "/state" }

  func write(_ text: String, to relativePath: String) { write(Array(text.utf8), to: relativePath) }

  func write(_ bytes: [UInt8], to relativePath: String) {
    #expect(throws: Never.self) { try TestFiles.write(bytes, to: path + "/" + relativePath) }
  }

  func read(_ relativePath: String) -> [UInt8]? { try? TestFiles.read(path + "/" + relativePath) }

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

/// Runs a program and waits; its exit status, or -1 when it is not there.
@discardableResult
func run(_ arguments: String...) -> Int32 {
  (try? TestProcess.run(arguments[0], Array(arguments.dropFirst())).status) ?? -1
}
