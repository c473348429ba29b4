"""Texts that are no YAML that is read, and files of models that are broken, and where exactly."""

from itertools import pairwise

from tests.permission.files.broken import Broken

BOMB = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in pairwise("abcdefghi"))

BROKEN_YAML = [
    Broken("nothing", "s.yaml", "", [("invalid-syntax", 1, 1, None)]),
    Broken("nothing but a comment", "s.yaml", "# to come\n", [("invalid-syntax", 1, 1, None)]),
    Broken("a list", "s.yaml", "\n- a\n", [("wrong-value", 2, 1, "a store")]),
    Broken("quotes that stay open", "s.yaml", 'name: "a\n', [("invalid-syntax", 2, 1, None)]),
    Broken("brackets that stay open", "s.yaml", "tests: [\nname: b\n", [("invalid-syntax", 3, 1, None)]),
    Broken("a tab before a field", "s.yaml", "tests:\n\t- name: a\n", [("invalid-syntax", 2, 1, None)]),
    Broken("a colon too many", "s.yaml", "name: a: b\n", [("invalid-syntax", 1, 8, None)]),
    Broken(
        "an indentation that fits nothing",
        "s.yaml",
        "tests:\n    - name: a\n  - name: b\n",
        [
            ("invalid-syntax", 3, 3, None),
        ],
    ),
    Broken("a second document", "s.yaml", "name: a\n---\nname: b\n", [("invalid-syntax", 2, 1, None)]),
    Broken("a tag", "s.yaml", "name: !!python/object:os.system a\n", [("invalid-syntax", 1, 7, None)]),
    Broken("a tagged list", "s.yaml", "tests: !!set [a]\n", [("invalid-syntax", 1, 8, None)]),
    Broken("an alias of nothing", "s.yaml", "name: *who\n", [("invalid-syntax", 1, 7, None)]),
    Broken("an alias of what holds it", "s.yaml", "tests: &t\n  - *t\n", [("invalid-syntax", 2, 5, None)]),
    Broken("a bomb of aliases", "s.yaml", BOMB, [("too-large", 7, 16, None)]),
    Broken(
        "depth by aliases",
        "s.yaml",
        (f"a: &a {'[' * 40}{']' * 40}\nb: &b {'[' * 40}*a{']' * 40}\n"),
        [("too-large", 2, 47, None)],
    ),
    Broken("lists in lists", "s.yaml", "a: " + "[" * 100, [("invalid-syntax", 1, 67, None)]),
    Broken("a merged map", "s.yaml", "a: &a {x: 1}\nb:\n  <<: *a\n", [("invalid-syntax", 3, 3, None)]),
    Broken("a list for a key", "s.yaml", "? [a]\n: b\n", [("invalid-syntax", 1, 3, None)]),
    Broken("a NUL", "s.yaml", "name: a\nmodel: a\0b\n", [("invalid-encoding", 2, 9, None)]),
    Broken("a control character", "s.yaml", "name: \x1b[1m\n", [("invalid-encoding", 1, 7, None)]),
    Broken("bytes that are no UTF-8", "s.yaml", b"name: a\n# caf\xe9\n", [("invalid-encoding", 2, 6, None)]),
    Broken("too many bytes", "s.yaml", "#" * 1_000_001, [("too-large", 1, 1, None)]),
    Broken("JSON that is none", "s.yaml", '{"name": "a",}\n', [("invalid-syntax", 1, 14, None)]),
]

BROKEN_MODELS = [
    Broken("a wrong model file", "m.fga", "model\n  schema 1.1\ntyp user\n", [("invalid-syntax", 3, 1, None)]),
    Broken("a model file that is no UTF-8", "m.fga", b"# \xff\n", [("invalid-encoding", 1, 3, None)]),
    Broken(
        "modules without schema",
        "fga.mod",
        "contents: [core.fga]\n",
        [
            ("missing-field", 1, 1, "schema"),
            ("unreadable-file", 1, 12, "contents"),
        ],
    ),
    Broken(
        "modules of an old schema",
        "fga.mod",
        "schema: '1.1'\ncontents: [a.fga]\n",
        [
            ("schema-version-unsupported", 1, 9, "schema"),
            ("unreadable-file", 2, 12, "contents"),
        ],
    ),
    Broken("modules without contents", "fga.mod", "schema: '1.2'\n", [("missing-field", 1, 1, "contents")]),
    Broken("no module", "fga.mod", "schema: '1.2'\ncontents: []\n", [("missing-field", 2, 11, "contents")]),
    Broken(
        "modules that are a text",
        "fga.mod",
        "schema: '1.2'\ncontents: a.fga\n",
        [
            ("wrong-value", 2, 11, "contents"),
            ("missing-field", 2, 11, "contents"),
        ],
    ),
    Broken(
        "a module of another kind",
        "fga.mod",
        "schema: '1.2'\ncontents:\n  - a.json\n",
        [
            ("wrong-value", 3, 5, "contents"),
        ],
    ),
    Broken(
        "an unknown field of modules",
        "fga.mod",
        "schema: '1.2'\ncontent: [a.fga]\n",
        [
            ("missing-field", 1, 1, "contents"),
            ("unknown-field", 2, 1, "content"),
        ],
    ),
    Broken(
        "modules as a list",
        "fga.mod",
        "[a.fga]\n",
        [
            ("wrong-value", 1, 1, "fga.mod"),
            ("missing-field", 1, 1, "schema"),
        ],
    ),
]
