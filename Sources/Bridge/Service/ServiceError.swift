/// Why a service ended badly.
package struct ServiceError: Error, CustomStringConvertible {
  /// Why the last events could not be written.
  package var reason: String
  /// Whether they come again by themselves.
  package var isReadAgain: Bool

  package var description: String {
    "stopped before everything was written (\(reason)); "
      + (isReadAgain
        ? "nothing is lost: it is read again at the next start" : "the last lines are lost: nobody else has them")
  }
}
