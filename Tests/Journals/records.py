"""What a tree's records are after a renaming, so that both can be compared."""

import re

from compare import TEXTS, normal, plain
from printing import exim, external, in_json, url, vis
from subjects import EXTENSION, RESERVED


class Records:
    """The records of one tree in the names of a `Renamer`, and those of the renamed tree beside them."""

    def __init__(self, renamer):
        self.renamer = renamer
        forms = {}
        for (local, domain), name in renamer.names.items():
            typed = f"{name.local}@{name.domain}"
            for form in (external(name.local, name.domain), typed, name.canonical):
                for printed in (form, exim(form), vis(form), url(form), in_json(form)):
                    forms.setdefault(printed.lower(), f"{local}@{domain}")
            for mark in ("<%s>", "'%s'", "renamed from %s", "renamed to %s"):
                forms.setdefault(mark % name.local.lower(), mark % local)
        for old, new in renamer.domains.items():
            for printed in (new, exim(new)):
                forms.setdefault(printed.lower(), old)
                for local in RESERVED:
                    forms.setdefault(f"{local}@{printed}".lower(), f"{local}@{old}")
        for old, new in renamer.message_ids.items():
            forms.setdefault(new.lower(), old.lower())
        for old, new in renamer.folders.items():
            if len(new) > 3 and old:
                forms.setdefault(new.lower(), old.lower())
        self.forms = forms
        alternatives = [
            (
                re.sub(r"(?<=[^\"])@(?=[^@]*$)", rf"(?:{EXTENSION.lower()})*@", re.escape(form))
                if value.count("@") == 1
                else re.escape(form)
            )
            for form, value in sorted(forms.items(), key=lambda pair: -len(pair[0]))
        ]
        self.printed = re.compile(rf"(?<![\w.@-])(?:{'|'.join(alternatives)})(?![\w-]|\.\w)") if forms else None

    def expected(self, records):
        """The original records under their new names."""
        return [normal(self.renamed(record)) for record in records]

    def found(self, records):
        """The renamed tree's records; free texts have the old names again."""
        out = []
        for record in map(normal, records):
            for key in TEXTS:
                if key in record:
                    record[key] = self.restored(record[key])
            out.append(record)
        return out

    def restored(self, text):
        """A text in which what is printed of the new names is the old names again, in lower case."""
        if not self.printed:
            return text.lower()
        return self.printed.sub(lambda match: self.restored_name(match[0]), text.lower())

    def restored_name(self, printed):
        if printed in self.forms:
            return self.forms[printed]
        bare = re.match(r"(.*?)((?:\+[a-z0-9._-]+)+)(@[^@]*)$", printed)
        local, _, domain = self.forms[bare[1] + bare[3]].rpartition("@")
        return f"{local}{bare[2]}@{domain}"

    def renamed(self, record):
        out = dict(record)
        for key in ("mailbox", "sender", "recipient", "actor_name"):
            if key in out:
                out[key] = self.address(out[key])
        if "recipients" in out:
            out["recipients"] = [self.address(address) for address in out["recipients"]]
        for key in ("folder", "to_folder"):
            if key in out:
                out[key] = self.folder(out[key])
        if "message_id" in out:
            bare = out["message_id"].strip("<>")
            out["message_id"] = (
                out["message_id"].replace(bare, self.renamer.message_ids.get(bare, bare)) if bare else out["message_id"]
            )
        for key in TEXTS:
            if key in out:
                out[key] = out[key].lower()
        if out.get("host") in self.renamer.domains:
            out["host"] = self.renamer.domains[out["host"]]
        if not record["file"].startswith("_"):
            local, _, domain = out.get("mailbox", "").rpartition("@")
            out["file"] = f"{domain}/{local}"
        return out

    def address(self, address):
        if "@" not in address:
            name = self.renamer.names.get((address.lower(), self.renamer.subjects.default_domain))
            return name.local if name else address
        local, _, domain = address.rpartition("@")
        base = re.match(rf"(.*?)((?:{EXTENSION})?)$", local)
        for known, extension in ((local, ""), (base[1], base[2])):
            name = self.renamer.names.get((known.lower(), domain.lower()))
            if name:
                return plain(external(name.local + extension, name.domain))
        return f"{local}@{self.renamer.domains.get(domain, domain)}"

    def folder(self, path):
        if path.startswith("/"):
            return self.renamer.message("exim", path)
        if path in self.renamer.folders:
            return self.renamer.folders[path]
        return "".join(self.renamer.folders.get(part, part) for part in re.split(r"([/.])", path))
