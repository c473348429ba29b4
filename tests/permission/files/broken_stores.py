"""Store files that are broken, and where exactly; MODEL fills the first ten lines."""

from tests.permission.files.broken import MODEL, TUPLE, Broken, store, with_test

CHECK = "check: [{user: user:a, object: doc:1, assertions: {viewer: true}}]"
BROKEN_STORES = [
    Broken("no model", "s.yaml", "name: a\n", [("missing-field", 1, 1, "model")]),
    Broken("an unknown field", "s.yaml", store("test: []"), [("unknown-field", 11, 1, "test")]),
    Broken("a field twice", "s.yaml", store("name: a", "name: b"), [("duplicated-error", 12, 1, "name")]),
    Broken("a name that is a list", "s.yaml", store("name: [a]"), [("wrong-value", 11, 7, "name")]),
    Broken("a model that is a list", "s.yaml", "model: [a]\n", [("wrong-value", 1, 8, "model")]),
    Broken("an empty model", "s.yaml", "model:\n", [("wrong-value", 1, 7, "model")]),
    Broken("a model of blanks", "s.yaml", "model: |\n\n  \nname: x\n", [("missing-field", 1, 8, "model")]),
    Broken("a wrong model", "s.yaml", MODEL.replace("define viewer", "defin viewer"), [("invalid-syntax", 7, 7, None)]),
    Broken(
        "a model with two problems",
        "s.yaml",
        MODEL.replace("[user,", "[usr,").replace("x < 3", "y < 3"),
        [
            ("invalid-type", 7, 23, None),
            ("condition-not-valid", 9, 5, None),
        ],
    ),
    Broken(
        "a wrong model deeper in",
        "s.yaml",
        MODEL.replace("\n", "\n    ").replace("x: int", "x: integer"),
        [
            ("invalid-parameter-type", 8, 25, None),
        ],
    ),
    Broken(
        "a wrong model in quotes",
        "s.yaml",
        r'model: "model\n  schema 1.1\ntyp user\n"',
        [
            ("invalid-syntax", 1, 8, None),
        ],
    ),
    Broken(
        "a wrong model as an object",
        "s.yaml",
        '{"model":\n {"schema_version": "1.1", "type_definitions": [{}]}}',
        [
            ("invalid-syntax", 2, 2, None),
        ],
    ),
    Broken("a model too large", "s.yaml", MODEL + "  # " + "x" * 300_000, [("invalid-model", 1, 8, None)]),
    Broken(
        "a model file that is not there",
        "s.yaml",
        "model_file: ./none.fga\n",
        [
            ("unreadable-file", 1, 13, "model_file"),
        ],
    ),
    Broken("tuples that are a map", "s.yaml", store("tuples: {user: a}"), [("wrong-value", 11, 9, "tuples")]),
    Broken(
        "a tuple without relation",
        "s.yaml",
        store("tuples:", "  - user: user:a", "    object: doc:1"),
        [
            ("missing-field", 12, 5, "relation"),
        ],
    ),
    Broken(
        "a tuple with a user that is no name",
        "s.yaml",
        store("tuples:", f"  - {TUPLE.replace('user:a', 'anne')}"),
        [
            ("wrong-value", 12, 12, "user"),
        ],
    ),
    Broken(
        "a tuple twice",
        "s.yaml",
        store("tuples:", f"  - {TUPLE}", f"  - {TUPLE}"),
        [
            ("duplicated-error", 13, 5, None),
        ],
    ),
    Broken(
        "a relation that the model lacks",
        "s.yaml",
        store("tuples:", f"  - {TUPLE.replace('viewer', 'owner')}"),
        [
            ("not-allowed", 12, 5, None),
        ],
    ),
    Broken(
        "a type that the model lacks",
        "s.yaml",
        store("tuples:", f"  - {TUPLE.replace('doc:', 'file:')}"),
        [
            ("not-allowed", 12, 5, None),
        ],
    ),
    Broken(
        "a user that may not be assigned",
        "s.yaml",
        store("tuples:", f"  - {TUPLE.replace('user:a', 'doc:2')}"),
        [
            ("not-allowed", 12, 5, None),
        ],
    ),
    Broken(
        "a context that the condition lacks",
        "s.yaml",
        store("tuples:", f"  - {TUPLE[:-1]}, condition: {{name: soon, context: {{y: 1}}}}}}"),
        [("not-allowed", 12, 5, None)],
    ),
    Broken(
        "a context of another type",
        "s.yaml",
        store("tuples:", f"  - {TUPLE[:-1]}, condition: {{name: soon, context: {{x: often}}}}}}"),
        [("not-allowed", 12, 5, None)],
    ),
    Broken(
        "an expiry without offset",
        "s.yaml",
        store("tuples:", f"  - {TUPLE[:-1]}, expires_at: 2026-01-31}}"),
        [
            ("wrong-value", 12, 65, "expires_at"),
        ],
    ),
    Broken(
        "a tuple file of no format", "s.yaml", store("tuple_file: a.txt"), [("unreadable-file", 11, 13, "tuple_file")]
    ),
    Broken(
        "two tuple files that are not there",
        "s.yaml",
        store("tuple_files: [a.csv,", "  b.csv]"),
        [
            ("unreadable-file", 11, 15, "tuple_files"),
            ("unreadable-file", 12, 3, "tuple_files"),
        ],
    ),
    Broken("tests that are a text", "s.yaml", store("tests: all"), [("wrong-value", 11, 8, "tests")]),
    Broken("a test that is a text", "s.yaml", store("tests:", "  - all"), [("wrong-value", 12, 5, "a test")]),
    Broken("an unknown field of a test", "s.yaml", with_test("chek: []"), [("unknown-field", 13, 5, "chek")]),
    Broken(
        "a check of nobody",
        "s.yaml",
        with_test("check:", "- object: doc:1", "  assertions: {viewer: true}"),
        [
            ("missing-field", 14, 7, "user"),
        ],
    ),
    Broken(
        "a check of user and users",
        "s.yaml",
        with_test(CHECK.replace("object", "users: [user:b], object")),
        [
            ("wrong-value", 13, 35, "users"),
        ],
    ),
    Broken(
        "a check of no users",
        "s.yaml",
        with_test(CHECK.replace("user: user:a", "users: []")),
        [
            ("missing-field", 13, 21, "users"),
        ],
    ),
    Broken(
        "a check of a user twice",
        "s.yaml",
        with_test(CHECK.replace("user: user:a", "users: [user:a, user:a]")),
        [
            ("duplicated-error", 13, 30, "users"),
        ],
    ),
    Broken(
        "a check of an object that is no name",
        "s.yaml",
        with_test(CHECK.replace("doc:1", "doc")),
        [
            ("wrong-value", 13, 36, "object"),
        ],
    ),
    Broken(
        "a check of objects that are one text",
        "s.yaml",
        with_test(CHECK.replace("object:", "objects:")),
        [
            ("wrong-value", 13, 37, "objects"),
        ],
    ),
    Broken(
        "a check that asserts nothing",
        "s.yaml",
        with_test("check: [{user: user:a, object: doc:1}]"),
        [
            ("missing-field", 13, 13, "assertions"),
        ],
    ),
    Broken(
        "a check with an empty assertion",
        "s.yaml",
        with_test(CHECK.replace("{viewer: true}", "{}")),
        [
            ("missing-field", 13, 55, "assertions"),
        ],
    ),
    Broken(
        "an assertion that is no boolean",
        "s.yaml",
        with_test(CHECK.replace("true", "maybe")),
        [
            ("wrong-value", 13, 64, "assertions.viewer"),
        ],
    ),
    Broken(
        "an assertion that is a number",
        "s.yaml",
        with_test(CHECK.replace("true", "1")),
        [
            ("wrong-value", 13, 64, "assertions.viewer"),
        ],
    ),
    Broken(
        "a relation asserted twice",
        "s.yaml",
        with_test(CHECK.replace("true", "true, viewer: false")),
        [
            ("duplicated-error", 13, 70, "assertions"),
        ],
    ),
    Broken(
        "an assertion about no relation",
        "s.yaml",
        with_test(CHECK.replace("viewer", '"a b"')),
        [
            ("wrong-value", 13, 56, "assertions"),
        ],
    ),
    Broken(
        "a context that is a list",
        "s.yaml",
        with_test(CHECK.replace("assertions", "context: [x], assertions")),
        [
            ("wrong-value", 13, 52, "context"),
        ],
    ),
    Broken(
        "an unknown field of a check",
        "s.yaml",
        with_test(CHECK.replace("assertions", "contexts: {}, assertions")),
        [
            ("unknown-field", 13, 43, "contexts"),
        ],
    ),
    Broken(
        "a list of objects of no type",
        "s.yaml",
        with_test("list_objects: [{user: user:a, assertions: {viewer: []}}]"),
        [("missing-field", 13, 20, "type")],
    ),
    Broken(
        "a list of objects that names one twice",
        "s.yaml",
        with_test(
            "list_objects:",
            "  - user: user:a",
            "    type: doc",
            "    assertions:",
            "      viewer: [doc:1,",
            "        doc:1]",
        ),
        [("duplicated-error", 18, 13, "assertions.viewer")],
    ),
    Broken(
        "a list of objects that is a boolean",
        "s.yaml",
        with_test("list_objects: [{user: user:a, type: doc, assertions: {viewer: true}}]"),
        [("wrong-value", 13, 67, "assertions.viewer")],
    ),
    Broken(
        "a list of users without filter",
        "s.yaml",
        with_test("list_users: [{object: doc:1, assertions: {viewer: {users: []}}}]"),
        [("missing-field", 13, 18, "user_filter")],
    ),
    Broken(
        "a filter without type",
        "s.yaml",
        with_test("list_users: [{object: doc:1, user_filter: [{relation: a}], assertions: {viewer: {users: []}}}]"),
        [("missing-field", 13, 48, "type")],
    ),
    Broken(
        "a list of users without users",
        "s.yaml",
        with_test("list_users: [{object: doc:1, user_filter: [{type: user}], assertions: {viewer: [user:a]}}]"),
        [("wrong-value", 13, 84, "assertions.viewer")],
    ),
    Broken(
        "users that are no names",
        "s.yaml",
        with_test("list_users: [{object: doc:1, user_filter: [{type: user}], assertions: {viewer: {users: [a]}}}]"),
        [("wrong-value", 13, 93, "assertions.viewer")],
    ),
    Broken(
        "a tuple that is wrong in a test",
        "s.yaml",
        with_test("tuples:", f"- {TUPLE.replace('viewer', 'owner')}"),
        [
            ("not-allowed", 14, 7, None),
        ],
    ),
    Broken(
        "too many assertions",
        "s.yaml",
        with_test(
            f"check: [{{users: [{', '.join(f'user:{n}' for n in range(400))}],",
            f"  objects: [{', '.join(f'doc:{n}' for n in range(400))}], assertions: {{viewer: true}}}}]",
        ),
        [("too-large", 12, 3, "tests")],
    ),
    Broken(
        "five things at once",
        "s.yaml",
        MODEL.replace("x < 3", "x <")
        + ("names: a\ntuples: [1]\ntests: [{check: [{user: a, object: doc:1, assertions: {viewer: 1}}]}]\n"),
        [
            ("condition-not-valid", 9, 8, None),
            ("unknown-field", 11, 1, "names"),
            ("wrong-value", 12, 10, "a tuple"),
            ("wrong-value", 13, 25, "user"),
            ("wrong-value", 13, 64, "assertions.viewer"),
        ],
    ),
]
