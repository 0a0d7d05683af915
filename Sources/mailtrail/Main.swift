import Commands

@main struct Main {
  static func main() { MailtrailCommand.runAndExit() }
}
