"""Compares pages in Markdown with the program, the repository and Package.swift.

usage: markdown.py MAILTRAIL PACKAGE.json PAGE...

PACKAGE.json is what `swift package dump-package` prints. Prints one line for each fault; the exit status is 1 if there
is one.
"""

import glob
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*|-[A-Za-z])(?![\w-])")
FILE = re.compile(r"(?:\./)?((?:packaging|Sources|Tests|systemd|\.github|\.ci)/[\w.*/@+-]*[\w*/])")
ELSEWHERE = re.compile(r"[\w~.-]/$")


class Program:
    """The commands and options of the program, from its help."""

    def __init__(self, path):
        self.path = path
        self.known = {}

    def run(self, *arguments):
        return subprocess.run(
            [self.path, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def help(self, words):
        """The subcommands and the options of a command; None if there is none of that name."""
        words = tuple(words)
        if words not in self.known:
            if words and words[-1] not in self.help(words[:-1])[0]:
                return None
            text = self.run(*words, "--help").stdout
            options, _, commands = text.partition("SUBCOMMANDS:")
            options = options.partition("OPTIONS:")[2]
            lines = re.findall(r"^ {2}(-.*)$", options, re.M)
            named = {option for line in lines for option in OPTION.findall(line.split("  ")[0].replace("/", " "))}
            self.known[words] = (set(re.findall(r"^ {2}([a-z][a-z-]*)\b", commands, re.M)), named)
        return self.known[words]

    def all_options(self, words=()):
        commands, options = self.help(words)
        return options.union(*(self.all_options((*words, name)) for name in commands))


class Page:
    """A page: its blocks of code by language, its spans of code, its links."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        self.blocks = re.findall(r"^```(\w*)\n(.*?)^```$", self.text, re.M | re.S)
        self.prose = re.sub(r"^```\w*\n.*?^```$", "", self.text, flags=re.M | re.S)
        self.spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", self.prose)]
        self.links = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", self.prose))

    def anchors(self):
        """The anchors of the headings, as GitHub makes them."""
        headings = re.findall(r"^#+ (.*)$", self.prose, re.M)
        return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    def commands(self):
        """Command lines that begin with the program's name."""
        for language, block in self.blocks:
            if language in ("sh", "console"):
                for line in block.splitlines():
                    yield from parts(line.removeprefix("$ "))
        for span in self.spans:
            yield from parts(span)


def parts(line):
    """The commands of a pipeline or list that are ours."""
    for part in re.split(r"\s[|;]\s|\s&&\s|\s#\s", line):
        if re.match(r"mailtrail( |$)", part.strip()):
            yield part.strip()


def check_command(program, command):
    """Each word that must be a command is one, each option is one of it."""
    try:
        words = shlex.split(command)[1:]
    except ValueError:
        yield f"cannot be split into words: {command}"
        return
    name = []
    while program.help(name)[0] and words and not words[0].startswith("-"):
        name.append(words.pop(0))
        if program.help(name) is None:
            yield f"there is no command mailtrail {' '.join(name)}"
            return
    options = program.help(name)[1]
    for word in words:
        if word.startswith("--"):
            option = word.partition("=")[0]
        elif re.match(r"-[A-Za-z]", word):
            option = word[:2]
        else:
            continue
        if option not in options:
            yield f"mailtrail {' '.join(name)} has no option {option}"


def check_options(program, page):
    """An option that stands alone is one of some command."""
    known = program.all_options()
    for span in page.spans:
        if span.startswith("-") and (match := OPTION.match(span)) and match[1] not in known:
            yield f"no command of mailtrail has the option {match[1]}"


def check_files(page):
    """Each file of the repository that is named exists; * stands for a part of a name."""
    texts = page.spans + [block for language, block in page.blocks if language in ("sh", "console")]
    for text in texts:
        for match in FILE.finditer(text):
            if not ELSEWHERE.search(text[: match.start()]) and not glob.glob(match[1]):
                yield f"there is no {match[1]}"


def check_links(page):
    """Each relative link leads to a file, and to a heading of it."""
    for link in page.links:
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        path = os.path.normpath(os.path.join(os.path.dirname(page.path), name)) if name else page.path
        if not os.path.exists(path):
            yield f"the link {link} leads nowhere"
        elif anchor and anchor not in Page(path).anchors():
            yield f"the link {link} names no heading"


def check_configuration(program, page):
    """Each block of YAML is a configuration that the program accepts."""
    for language, block in page.blocks:
        if language != "yaml":
            continue
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
            file.write(block)
            file.flush()
            result = program.run("rules", "list", "--config", file.name)
        if result.returncode != 0:
            yield f"a configuration is refused: {result.stderr.strip()}"


def manifest_edges(path):
    """The modules and dependencies of Package.swift, without those of tests."""
    with open(path, encoding="utf-8") as file:
        targets = json.load(file)["targets"]
    for target in targets:
        if target["type"] == "test":
            continue
        yield target["name"]
        for dependency in target["dependencies"]:
            yield f"{target['name']} --> {next(iter(dependency.values()))[0]}"


def drawn_edges(page):
    """The modules and dependencies of the page's drawing: lines `A --> B & C`, or `A` alone."""
    for language, block in page.blocks:
        if language != "mermaid":
            continue
        for line in block.splitlines()[1:]:
            module, _, dependencies = line.strip().partition(" --> ")
            yield module
            yield from (f"{module} --> {name}" for name in dependencies.split(" & ") if name)


def described_modules(page):
    """The modules in the first column of the page's table of modules."""
    for row in re.search(r"^\| module \|.*?(?=\n\n)", page.text, re.M | re.S)[0].splitlines()[2:]:
        yield from re.findall(r"`([^`]+)`", row.split("|")[1])


def check_modules(page, package):
    """The drawing and the table of the modules are what Package.swift says."""
    drawn, real = set(drawn_edges(page)), set(manifest_edges(package))
    yield from (f"the drawing lacks {edge}" for edge in sorted(real - drawn))
    yield from (f"the drawing has {edge}, Package.swift has not" for edge in sorted(drawn - real))
    described, modules = set(described_modules(page)), {name for name in real if " --> " not in name}
    yield from (f"the table of modules lacks {name}" for name in sorted(modules - described))
    yield from (f"the table of modules has {name}, Package.swift has not" for name in sorted(described - modules))


def main(path, package, *pages):
    program = Program(path)
    faults = 0
    drawing = ".github/ARCHITECTURE.md"
    if drawing not in pages:
        print(f"{drawing}: there is no such page")
        faults += 1
    for page in map(Page, pages):
        found = [fault for command in page.commands() for fault in check_command(program, command)]
        found += [*check_options(program, page), *check_files(page), *check_links(page)]
        found += check_configuration(program, page)
        if page.path == drawing:
            found += check_modules(page, package)
        for fault in found:
            print(f"{page.path}: {fault}")
        faults += len(found)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
