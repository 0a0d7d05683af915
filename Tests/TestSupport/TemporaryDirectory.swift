import Glibc

/// A directory that is gone with its last reference, or with `remove`: for tests that hold its path and not itself.
package final class TemporaryDirectory: Sendable {
  package let path: String

  /// In memory where asked for and possible: what is synchronized there costs no time.
  package init(inMemory: Bool = false) {
    let base = inMemory && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR").map { String(cString: $0) }
    var template = Array("\(base ?? "/tmp")/mailtrail-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("mkdtemp: \(String(cString: strerror(errno)))") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { remove() }

  package func remove() { TestFiles.remove(path) }
}
