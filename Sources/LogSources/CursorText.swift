import Glibc

/// A cursor as libsystemd wrote it, owned: parsed only when it is asked for, because that is seldom.
struct CursorText: ~Copyable {
  /// A C string that ends with NUL, from malloc(3).
  private let text: UnsafeMutablePointer<CChar>

  init(owning text: UnsafeMutablePointer<CChar>) { self.text = text }

  deinit { free(text) }

  /// Nil for a text that is no whole cursor.
  var cursor: Cursor? { Cursor(cString: text) }

  var contentHash: UInt64 { Cursor.contentHash(ofCString: text) }
}
