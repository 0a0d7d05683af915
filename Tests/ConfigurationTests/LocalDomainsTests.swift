import TestSupport
import Testing

@testable import Configuration

/// The domain of bare names, by the mail system's own files.
@Suite struct LocalDomainsTests {
  /// A machine's files, and what is to come of them.
  struct Machine: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var files: [String: String]
    var hostName = "mx"
    var domain: String
    var origin: String
    var equal: [String] = []
    var unread: [String] = []
  }

  private static let debian = """
    # See /usr/share/postfix/main.cf.dist
    smtpd_banner = $myhostname ESMTP
    myhostname = mx
    alias_maps = hash:/etc/aliases
    myorigin = /etc/mailname

    """

  private static let machines = [
    Machine(
      testDescription: "a stock Debian, where the domain is a local one",
      files: [
        "etc/postfix/main.cf": debian
          + "mydestination = $myhostname, example.org, mx, localhost.localdomain, localhost\n",
        "etc/mailname": "mx\n",
      ], domain: "example.org", origin: "mydestination in /etc/postfix/main.cf",
      equal: ["mx", "localhost.localdomain", "localhost"]),
    Machine(
      testDescription: "the name of the mail is the origin",
      files: [
        "etc/postfix/main.cf": debian + "mydestination = a.example, $myorigin,\n  localhost\n",
        "etc/mailname": "Example.ORG\n",
      ], domain: "example.org", origin: "myorigin in /etc/postfix/main.cf", equal: ["a.example", "localhost"]),
    Machine(
      testDescription: "the domain of the host is a local one",
      files: [
        "etc/postfix/main.cf": "myhostname=mx.example.org\nmydestination=${mydomain} $(myhostname)\n localhost\n"
      ],
      domain: "example.org", origin: "mydomain in /etc/postfix/main.cf", equal: ["mx.example.org", "localhost"]),
    Machine(
      testDescription: "only the host is local, and the domain is hosted with names of its own",
      files: [
        "etc/postfix/main.cf":
          "myhostname = mx.example.org\nmydestination = localhost\nvirtual_mailbox_domains = example.org\n",
        "etc/dovecot/conf.d/10-auth.conf": "#auth_username_format = %u\nauth_username_format = %Ln # short\n",
      ], domain: "example.org", origin: "virtual_mailbox_domains in /etc/postfix/main.cf"),
    Machine(
      testDescription: "what is origin but not local has other users than what is local",
      files: ["etc/postfix/main.cf": "myorigin = example.org\nmydestination = localhost\n"],
      domain: "example.org", origin: "myorigin in /etc/postfix/main.cf"),
    Machine(
      testDescription: "the host's name says no more than the host name does",
      files: [
        "etc/postfix/main.cf": "myhostname = mx.example.org\nmyorigin = /etc/mailname\nmydestination = localhost\n",
        "etc/mailname": "mx.example.org\n",
      ], hostName: "mx.example.org", domain: "example.org", origin: "the host name"),
    Machine(
      testDescription: "Postfix's own defaults", files: ["etc/postfix/main.cf": "# nothing\n"],
      hostName: "mx.example.org", domain: "mx.example.org", origin: "myorigin in /etc/postfix/main.cf",
      equal: ["localhost.example.org", "localhost"]),
    Machine(
      testDescription: "lists in files are read, and lists in maps are named",
      files: [
        "etc/postfix/main.cf":
          "mydomain = example.org\nmydestination = /etc/postfix/local hash:/etc/postfix/more $mydomain\n",
        "etc/postfix/local": "# ours\na.example\n\nb.example\n",
      ], domain: "example.org", origin: "mydomain in /etc/postfix/main.cf", equal: ["a.example", "b.example"],
      unread: ["hash:/etc/postfix/more"]),
    Machine(
      testDescription: "Debian's Exim",
      files: [
        "etc/exim4/update-exim4.conf.conf":
          "dc_eximconfig_configtype='internet'\ndc_other_hostnames='mx.example.org:example.org'\n",
        "etc/mailname": "example.org\n",
      ], domain: "example.org", origin: "/etc/mailname", equal: ["mx.example.org", "mx", "localhost"]),
    Machine(
      testDescription: "Debian's Exim with the host's name as that of the mail",
      files: [
        "etc/exim4/update-exim4.conf.conf": "dc_other_hostnames='other.example:example.org'\n",
        "etc/mailname": "mx.example.org\n",
      ], hostName: "mx.example.org", domain: "example.org",
      origin: "dc_other_hostnames in /etc/exim4/update-exim4.conf.conf",
      equal: ["other.example", "mx.example.org", "localhost"]),
    Machine(
      testDescription: "the host's own name is the last that is taken",
      files: ["etc/postfix/main.cf": "myhostname = mail.host.example\nmydestination = $myhostname, example.org\n"],
      domain: "example.org", origin: "mydestination in /etc/postfix/main.cf", equal: ["mail.host.example"]),
    Machine(
      testDescription: "Exim with a configuration of its own",
      files: ["etc/exim4/exim4.conf": "primary_hostname = mx\nqualify_domain = example.org\nbegin acl\n"],
      domain: "example.org", origin: "qualify_domain in /etc/exim4/exim4.conf"),
    Machine(
      testDescription: "Dovecot puts the domain there itself",
      files: [
        "etc/dovecot/dovecot.conf": "!include conf.d/*.conf\nauth_default_domain = example.org\n",
        "etc/mailname": "other.example\n",
      ], domain: "example.org", origin: "auth_default_domain in /etc/dovecot/dovecot.conf"),
    Machine(
      testDescription: "Dovecot's domain is equal to Postfix's others only where the name alone counts",
      files: [
        "etc/dovecot/dovecot.conf": "auth_default_domain = example.org\n",
        "etc/postfix/main.cf":
          "mydestination = example.org, a.example, localhost\nlocal_transport = lmtp:unix:private/dovecot-lmtp\n",
      ], domain: "example.org", origin: "auth_default_domain in /etc/dovecot/dovecot.conf", equal: ["localhost"]),
    Machine(
      testDescription: "the name of the mail alone", files: ["etc/mailname": "example.org\n"], domain: "example.org",
      origin: "/etc/mailname"),
    Machine(
      testDescription: "another agent than local(8) may tell one domain's users from another's",
      files: [
        "etc/postfix/main.cf": "myhostname = mx.example.org\nmydestination = a.example, example.org, localhost\n"
          + "mailbox_transport = lmtp:unix:private/dovecot-lmtp\n"
      ], domain: "example.org", origin: "mydomain in /etc/postfix/main.cf", equal: ["localhost"]),
    Machine(
      testDescription: "but not where Dovecot cuts the domains off",
      files: [
        "etc/postfix/main.cf": "myhostname = mx.example.org\nmydestination = a.example, example.org, localhost\n"
          + "mailbox_transport = lmtp:unix:private/dovecot-lmtp\n",
        "etc/dovecot/conf.d/10-auth.conf": "auth_username_format = %{user | username | lower}\n",
      ], domain: "example.org", origin: "mydomain in /etc/postfix/main.cf", equal: ["a.example", "localhost"]),
    Machine(
      testDescription: "what stands in a block of Dovecot's is not for all",
      files: [
        "etc/dovecot/dovecot.conf": "local_name b {\n  auth_default_realm = b.example\n}\n!include conf.d/*.conf\n",
        "etc/dovecot/conf.d/10-auth.conf": "protocol lmtp { auth_default_realm = c.example\n}\n",
        "etc/mailname": "example.org\n",
      ], domain: "example.org", origin: "/etc/mailname"),
    Machine(
      testDescription: "Postfix puts its origin behind a bare name, whatever is local",
      files: [
        "etc/postfix/main.cf":
          "myhostname = example.org\nmydestination = localhost, lists.example.org\nvirtual_mailbox_domains = example.org\n"
      ], domain: "example.org", origin: "myorigin in /etc/postfix/main.cf"),
    Machine(
      testDescription: "a main.cf that a removed Postfix left behind",
      files: [
        "etc/postfix/main.cf": "mydestination = old.example\n", "usr/sbin/exim4": "",
        "etc/exim4/update-exim4.conf.conf": "dc_other_hostnames='example.org'\n", "etc/mailname": "example.org\n",
      ], domain: "example.org", origin: "/etc/mailname", equal: ["mx", "localhost"]),
    Machine(
      testDescription: "no mail system", files: ["etc/mailname": "mx\n"], hostName: "mx.example.org",
      domain: "example.org", origin: "the host name"),
  ]

  @Test(arguments: machines) func followsTheMailSystem(_ machine: Machine) throws {
    let directory = TemporaryDirectory()
    let root = directory.path
    for (path, text) in machine.files {
      let file = "\(root)/\(path)"
      try TestFiles.makeDirectory(String(file[..<file.lastIndex(of: "/")!]))
      try TestFiles.write(text, to: file)
    }
    let domains = LocalDomains.read(root: root, hostName: machine.hostName)
    #expect(domains.domain == machine.domain)
    #expect(domains.origin == machine.origin)
    #expect(domains.equal.sorted() == machine.equal.sorted())
    #expect(domains.unread == machine.unread)
  }

  @Test(arguments: [
    "myhostname = $mydomain\nmydomain = $myhostname\nmydestination = $mydestination\n",
    "mydestination = \(String(repeating: "$a", count: 2000))\na = \(String(repeating: "$b", count: 2000))\nb = $a$c\n",
    " = \n=x\n$\nmydestination = ${\nmyorigin = $(\n",
    "mydestination = ../../x, -, @, \u{1b}[2J.example, a@b.example\n",
  ])
  func whatNamesNothingLeavesTheHostName(_ text: String) throws {
    let directory = TemporaryDirectory()
    let root = directory.path
    try TestFiles.makeDirectory("\(root)/etc/postfix")
    try TestFiles.write(text, to: "\(root)/etc/postfix/main.cf")
    let domains = LocalDomains.read(root: root, hostName: "mx.example.org")
    #expect(["example.org", "mx.example.org"].contains(domains.domain))
  }

  @Test func aDomainThatIsNotLocalIsEqualToNone() {
    let domains = LocalDomains(domain: "example.org", origin: "x", equal: ["mx", "localhost"])
    #expect(domains.aliases(of: "example.org") == ["mx", "localhost"])
    #expect(domains.aliases(of: "MX") == ["example.org", "localhost"])
    #expect(domains.aliases(of: "example.net") == [])
  }
}
