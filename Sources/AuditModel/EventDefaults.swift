extension EventKind {
  /// `outcome` where neither the rule nor the line says another.
  public var defaultOutcome: StaticString {
    switch self {
    case .loginFailed, .sendBounced, .fetchLoginFailed: "failure"
    case .loginDenied, .loginDeniedRegion, .sendRejected, .sendRateExceeded, .senderBlacklisted, .deliveryRejected,
      .deliveryOverQuota:
      "denied"
    case .sendDeferred: "unknown"
    default: "success"
    }
  }

  /// Who acted where neither the rule nor the line says another; nil where it is not known.
  public var defaultActor: StaticString? {
    switch self {
    case .loginSucceeded, .logout, .folderCreated, .folderDeleted, .folderRenamed, .folderShared, .folderUnshared,
      .messageExpunged, .messageDeleted, .messageUndeleted, .messageMoved, .messageCopied, .messageArchived,
      .messageSaved, .messageSent, .calendarDeleted, .contactDeleted, .taskDeleted, .filterChanged, .sendRejected,
      .sendRateExceeded:
      "owner"
    case .loginFailed, .loginDenied, .loginDeniedRegion: "unknown"
    case .senderBlacklisted, .deliveryStored, .deliveryOverQuota, .deliverySpam, .deliveryRejected, .listPosted:
      "sender"
    case .accountCreated, .accountDeleted, .accountChanged, .accountPasswordChanged, .accountSuspended,
      .accountResumed, .accountImpersonated:
      "admin"
    default: "system"
    }
  }

  /// Whether the event shows that its mailbox exists here: somebody authenticated as it, something was delivered to it
  /// or an administrator made it. Failures name whatever a stranger typed, and refusals too, but those of a submission:
  /// its owner has logged in, else it is nobody's.
  public var provesMailbox: Bool {
    switch self {
    case .loginFailed, .loginDenied, .loginDeniedRegion, .senderBlacklisted, .deliveryOverQuota, .deliveryRejected,
      .deliveryDiscardedByEvent, .deliveryDiscardedAsSpam, .fetchLoginFailed, .fetchRetrieved, .listPosted,
      .listSubscribed, .listUnsubscribed, .bridgeGap, .bridgeTableChanged, .bridgeStarted, .bridgeStopped,
      .bridgeTrailMerged:
      false
    default: true
    }
  }

  /// Whether the proof is a delivery alone, which a catch-all address accepts for any name.
  public var provesMailboxByDelivery: Bool {
    switch self {
    case .deliveryStored, .deliverySpam, .deliveryForwarded, .deliveryReplied, .deliveryDiscardedByRule: true
    default: false
    }
  }

  /// Whether somebody who has no account here causes as many as he likes. In `_unknown` refused submissions too, since
  /// there nobody has logged in.
  public func isStrangers(inUnknown isUnknown: Bool) -> Bool {
    switch self {
    case .loginFailed, .loginDenied, .loginDeniedRegion, .senderBlacklisted, .deliveryOverQuota, .deliveryRejected,
      .deliveryDiscardedByEvent, .deliveryDiscardedAsSpam, .listSubscribed, .listUnsubscribed:
      true
    case .sendRejected: isUnknown
    default: false
    }
  }
}
