/// Names of the folders with a meaning (RFC 6154), as mail programs of many languages make them (`mailboxes.folders`).
///
/// A message moved to the trash is a deleted one, to the archive an archived one; logs give the name only. Names are
/// the last part of the folder's path, to be compared without regard to case. A list in the file replaces the default.
package struct SpecialFolders: Sendable, Equatable {
  package var trash = Self.defaultTrash
  package var junk = Self.defaultJunk
  package var sent = Self.defaultSent
  package var archive = Self.defaultArchive
  package var drafts = Self.defaultDrafts

  package init() {}

  static let defaultTrash = [
    // English
    "Trash", "Deleted", "Deleted Items", "Deleted Messages", "Bin",
    // German, French
    "Papierkorb", "Gelöscht", "Gelöschte Elemente", "Gelöschte Objekte", "Corbeille", "Éléments supprimés",
    "Messages supprimés",
    // Spanish, Italian, Portuguese
    "Papelera", "Elementos eliminados", "Mensajes eliminados", "Cestino", "Posta eliminata", "Elementi eliminati",
    "Lixeira", "Lixo", "Itens excluídos", "Itens eliminados",
    // Dutch, Polish
    "Prullenbak", "Prullenmand", "Verwijderde items", "Kosz", "Elementy usunięte",
    // Swedish, Danish, Norwegian, Finnish
    "Papperskorgen", "Papperskorg", "Borttaget", "Slettet post", "Slettede elementer", "Papirkurv", "Papirkurven",
    "Søppel", "Søppelkasse", "Roskakori", "Poistetut", "Poistetut viestit",
    // Czech, Hungarian
    "Koš", "Odstraněná pošta", "Kuka", "Lomtár", "Törölt elemek",
    // Russian, Turkish
    "Корзина", "Удаленные", "Удалённые", "Çöp Kutusu", "Çöp", "Silinmiş Öğeler",
    // Japanese, Chinese
    "ゴミ箱", "ごみ箱", "削除済みアイテム", "已删除邮件", "已删除", "垃圾桶", "刪除的郵件", "垃圾筒",
  ]

  static let defaultJunk = [
    // English
    "Junk", "Spam", "Junk E-mail", "Junk Email", "Junk Mail", "Bulk Mail", "Bulk",
    // German, French
    "Spamverdacht", "Unerwünscht", "Werbung", "Courrier indésirable", "Indésirables", "Pourriel",
    // Spanish, Italian, Portuguese
    "Correo no deseado", "Correo basura", "Posta indesiderata", "Indesiderata", "Lixo Eletrônico", "Lixo eletrónico",
    "Lixo Electrónico",
    // Dutch, Polish
    "Ongewenste e-mail", "Ongewenst", "Wiadomości-śmieci", "Wiadomości śmieci", "Niechciane",
    // Swedish, Danish, Norwegian, Finnish
    "Skräppost", "Uønsket mail", "Uønsket post", "Uønsket e-post", "Søppelpost", "Roskaposti",
    // Czech, Hungarian
    "Nevyžádaná pošta", "Nevyžádané", "Levélszemét",
    // Russian, Turkish
    "Спам", "Нежелательная почта", "İstenmeyen", "İstenmeyen Posta", "Gereksiz E-posta", "Önemsiz E-posta",
    // Japanese, Chinese
    "迷惑メール", "垃圾邮件", "垃圾郵件",
  ]

  static let defaultSent = [
    // English
    "Sent", "Sent Items", "Sent Messages", "Sent Mail",
    // German, French
    "Gesendet", "Gesendete Elemente", "Gesendete Objekte", "Envoyés", "Éléments envoyés", "Messages envoyés",
    // Spanish, Italian, Portuguese
    "Enviados", "Elementos enviados", "Posta inviata", "Inviata", "Inviati", "Itens enviados", "Enviadas",
    // Dutch, Polish
    "Verzonden", "Verzonden items", "Wysłane", "Elementy wysłane",
    // Swedish, Danish, Norwegian, Finnish
    "Skickat", "Skickade", "Skickade objekt", "Sendt", "Sendt post", "Sendte elementer", "Lähetetyt",
    "Lähetetyt viestit",
    // Czech, Hungarian
    "Odeslané", "Odeslaná pošta", "Elküldött", "Elküldött elemek",
    // Russian, Turkish
    "Отправленные", "Gönderilmiş", "Gönderilmiş Öğeler", "Gönderilenler",
    // Japanese, Chinese
    "送信済み", "送信済みアイテム", "送信済みメール", "已发送", "已发送邮件", "寄件備份",
  ]

  static let defaultArchive = [
    // English and French; German, Dutch, Danish, Czech and others have spellings close to it
    "Archive", "Archives", "Archived", "Archiv", "Archief", "Arkiv", "Archivo", "Archivos", "Archivio", "Arquivo",
    "Arquivos", "Arquivo morto", "Archiwum", "Arkisto", "Archív", "Archívum",
    // Russian, Turkish
    "Архив", "Arşiv",
    // Japanese, Chinese
    "アーカイブ", "存档", "归档", "封存",
  ]

  static let defaultDrafts = [
    // English
    "Drafts", "Draft",
    // German, French
    "Entwürfe", "Entwurf", "Brouillons", "Brouillon",
    // Spanish, Italian, Portuguese
    "Borradores", "Borrador", "Bozze", "Rascunhos", "Rascunho",
    // Dutch, Polish
    "Concepten", "Wersje robocze", "Szkice", "Robocze",
    // Swedish, Danish, Norwegian, Finnish
    "Utkast", "Kladder", "Kladde", "Luonnokset",
    // Czech, Hungarian
    "Koncepty", "Rozepsané", "Piszkozatok",
    // Russian, Turkish
    "Черновики", "Taslaklar", "Taslak",
    // Japanese, Chinese
    "下書き", "草稿", "草稿箱",
  ]
}
