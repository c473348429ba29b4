"""Files of tuples that are broken, and where exactly."""

from tests.permission.files.broken import Broken

HEADER = "user_type,user_id,user_relation,relation,object_type,object_id,condition_name,condition_context,expires_at\n"
ROW = "user,a,,viewer,doc,1,,,\n"
WHOLE = "user,relation,object\n"
ONE = '{"user": "user:a", "relation": "viewer", "object": "doc:1"}'
TWO = '{"user": "user:b", "relation": "viewer", "object": "doc:1"}'


def row(number: int, cell: str) -> str:
    """Return a row whose numbered cell is another one."""
    cells = ["user", "a", "", "viewer", "doc", "1", "", "", ""]
    return ",".join([*cells[:number], cell, *cells[number + 1 :]]) + "\n"


BROKEN_CSV = [
    Broken("nothing", "t.csv", "", [("missing-field", 1, 1, None)]),
    Broken("nothing but blank lines", "t.csv", "\n\n  \n", [("missing-field", 1, 1, None)]),
    Broken("an unknown column", "t.csv", "user,relation,object,why\n", [("unknown-field", 1, 22, "why")]),
    Broken(
        "a misspelt column",
        "t.csv",
        "user,relation,objekt\n",
        [
            ("missing-field", 1, 1, "object"),
            ("unknown-field", 1, 15, "objekt"),
        ],
    ),
    Broken("a column twice", "t.csv", "user,relation,object,user\n", [("duplicated-error", 1, 22, "user")]),
    Broken(
        "no column of the object",
        "t.csv",
        "user_type,user_id,relation\n",
        [
            ("missing-field", 1, 1, "object_type"),
            ("missing-field", 1, 1, "object_id"),
        ],
    ),
    Broken("both forms of the user", "t.csv", "user,relation,object,user_id\n", [("wrong-value", 1, 22, "user_id")]),
    Broken(
        "a context without a condition",
        "t.csv",
        "user,relation,object,condition_context\n",
        [
            ("missing-field", 1, 1, "condition_name"),
        ],
    ),
    Broken(
        "semicolons",
        "t.csv",
        "user;relation;object\n",
        [
            ("unknown-field", 1, 1, "user;relation;object"),
            *(
                ("missing-field", 1, 1, name)
                for name in ("user_type", "user_id", "relation", "object_type", "object_id")
            ),
        ],
    ),
    Broken("a row too short", "t.csv", WHOLE + "user:a,viewer\n", [("wrong-value", 2, 8, "object")]),
    Broken("a row too long", "t.csv", WHOLE + "user:a,viewer,doc:1,x\n", [("wrong-value", 2, 21, None)]),
    Broken("no user type", "t.csv", HEADER + row(0, ""), [("missing-field", 2, 1, "user_type")]),
    Broken("no user id", "t.csv", HEADER + row(1, ""), [("missing-field", 2, 6, "user_id")]),
    Broken("a colon in the user id", "t.csv", HEADER + row(1, "a:b"), [("wrong-value", 2, 6, "user_id")]),
    Broken("a blank in the user id", "t.csv", HEADER + row(1, "a b"), [("wrong-value", 2, 6, "user_id")]),
    Broken(
        "a userset of everybody",
        "t.csv",
        HEADER + "group,*,member,viewer,doc,1,,,\n",
        [
            ("wrong-value", 2, 7, "user_id"),
        ],
    ),
    Broken("no relation", "t.csv", HEADER + row(3, ""), [("missing-field", 2, 9, "relation")]),
    Broken("a relation that is no name", "t.csv", HEADER + row(3, "a#b"), [("wrong-value", 2, 9, "relation")]),
    Broken("everything as an object", "t.csv", HEADER + row(5, "*"), [("wrong-value", 2, 20, "object_id")]),
    Broken("an object id too long", "t.csv", HEADER + row(5, "x" * 253), [("wrong-value", 2, 20, "object_id")]),
    Broken(
        "a context whose condition is empty",
        "t.csv",
        HEADER + row(7, "{}"),
        [
            ("missing-field", 2, 22, "condition_name"),
        ],
    ),
    Broken(
        "a context that is no JSON",
        "t.csv",
        HEADER + "user,a,,viewer,doc,1,c,{x},\n",
        [
            ("invalid-syntax", 2, 24, "condition_context"),
        ],
    ),
    Broken(
        "a context that is a list",
        "t.csv",
        HEADER + "user,a,,viewer,doc,1,c,[],\n",
        [
            ("wrong-value", 2, 24, "condition_context"),
        ],
    ),
    Broken(
        "a parameter twice",
        "t.csv",
        HEADER + 'user,a,,viewer,doc,1,c,"{""x"": 1, ""x"": 2}",\n',
        [
            ("duplicated-error", 2, 24, "condition_context"),
        ],
    ),
    Broken(
        "an expiry without offset",
        "t.csv",
        HEADER + row(8, "2026-01-31T12:00:00"),
        [
            ("wrong-value", 2, 24, "expires_at"),
        ],
    ),
    Broken(
        "an expiry on no day",
        "t.csv",
        HEADER + row(8, "2026-02-30T12:00:00Z"),
        [
            ("wrong-value", 2, 24, "expires_at"),
        ],
    ),
    Broken("a quote in a bare cell", "t.csv", WHOLE + 'user:a,vie"wer,doc:1\n', [("invalid-syntax", 2, 11, None)]),
    Broken("signs behind the quotes", "t.csv", WHOLE + '"user:a"x,viewer,doc:1\n', [("invalid-syntax", 2, 9, None)]),
    Broken(
        "quotes that stay open",
        "t.csv",
        WHOLE + 'user:a,"viewer,doc:1\nuser:b\n',
        [
            ("invalid-syntax", 2, 8, None),
        ],
    ),
    Broken("the same tuple twice", "t.csv", HEADER + ROW + "\n" + ROW, [("duplicated-error", 4, 1, None)]),
    Broken(
        "the same key with another expiry",
        "t.csv",
        HEADER + ROW + row(8, "2026-01-31T12:00:00Z"),
        [
            ("duplicated-error", 3, 1, None),
        ],
    ),
    Broken("a NUL", "t.csv", WHOLE + "user:a\0,viewer,doc:1\n", [("invalid-encoding", 2, 1, "user")]),
    Broken(
        "bytes that are no UTF-8",
        "t.csv",
        WHOLE.encode() + b"user:a,viewer,doc:\xe9\n",
        [
            ("invalid-encoding", 2, 19, None),
        ],
    ),
    Broken("UTF-16", "t.csv", WHOLE.encode("utf-16"), [("invalid-encoding", 1, 1, None)]),
    Broken(
        "a place behind a cell of several lines",
        "t.csv",
        HEADER + ('user,a,,viewer,doc,1,c,"{""x"":\r\n1}",\r\nuser,b,,viewer,doc,,,,\r\n'),
        [("missing-field", 4, 20, "object_id")],
    ),
    Broken(
        "three rows at once",
        "t.csv",
        WHOLE + "a,viewer,doc:1\nuser:a,viewer,doc:1\nuser:a,,doc\n",
        [
            ("wrong-value", 2, 1, "user"),
            ("missing-field", 4, 8, "relation"),
            ("wrong-value", 4, 9, "object"),
        ],
    ),
]

BROKEN_JSON = [
    Broken("nothing", "t.json", "", [("invalid-syntax", 1, 1, None)]),
    Broken("a list that stays open", "t.json", f"[{ONE},\n {TWO}", [("invalid-syntax", 2, 61, None)]),
    Broken("a comma too many", "t.json", f"[{ONE},\n]", [("invalid-syntax", 2, 1, None)]),
    Broken("no comma", "t.json", f"[{ONE}\n {TWO}]", [("invalid-syntax", 2, 2, None)]),
    Broken("something behind the end", "t.json", f"[{ONE}]\n]", [("invalid-syntax", 2, 1, None)]),
    Broken("single quotes", "t.json", "[{'user': 1}]", [("invalid-syntax", 1, 3, None)]),
    Broken("no colon", "t.json", '[{"user" "user:a"}]', [("invalid-syntax", 1, 10, None)]),
    Broken("a string that stays open", "t.json", '["user:a]', [("invalid-syntax", 1, 2, None)]),
    Broken("a string over two lines", "t.json", '["user\n:a"]', [("invalid-syntax", 1, 7, None)]),
    Broken("an unknown escape", "t.json", r'["user\x"]', [("invalid-syntax", 1, 7, None)]),
    Broken("not a number", "t.json", "[NaN]", [("invalid-syntax", 1, 2, None)]),
    Broken("a number too large", "t.json", "[1e999]", [("invalid-syntax", 1, 2, None)]),
    Broken("a number too long", "t.json", f"[{'1' * 401}]", [("invalid-syntax", 1, 2, None)]),
    Broken("lists in lists", "t.json", "[" * 100, [("invalid-syntax", 1, 65, None)]),
    Broken("a text", "t.json", '"user:a"', [("wrong-value", 1, 1, None)]),
    Broken("a map without a list", "t.json", "\n{}", [("missing-field", 2, 1, "tuple_keys")]),
    Broken("both lists", "t.json", '{"tuple_keys": [], "tuples": []}', [("missing-field", 1, 1, "tuple_keys")]),
    Broken("a list that is none", "t.json", '{"tuple_keys": 1}', [("wrong-value", 1, 16, "tuple_keys")]),
    Broken("a tuple that is a text", "t.json", f"[{ONE},\n  7]", [("wrong-value", 2, 3, "a tuple")]),
    Broken(
        "no object", "t.json", '[\n  {"user": "user:a", "relation": "viewer"}\n]', [("missing-field", 2, 3, "object")]
    ),
    Broken(
        "an unknown field",
        "t.json",
        ONE.replace('"user"', '"users"').join("[]"),
        [
            ("missing-field", 1, 2, "user"),
            ("unknown-field", 1, 3, "users"),
        ],
    ),
    Broken(
        "a field twice",
        "t.json",
        '[{"user": "user:a",\n "user": "user:b", "relation": "viewer", "object": "doc:1"}]',
        [
            ("duplicated-error", 2, 2, "user"),
        ],
    ),
    Broken(
        "a user that is no name", "t.json", ONE.replace("user:a", "anne").join("[]"), [("wrong-value", 1, 11, "user")]
    ),
    Broken(
        "a user that is nothing",
        "t.json",
        ONE.replace('"user:a"', "null").join("[]"),
        [
            ("wrong-value", 1, 11, "user"),
        ],
    ),
    Broken(
        "a condition that is a text",
        "t.json",
        ONE.replace("}", ', "condition": "c"}').join("[]"),
        [
            ("wrong-value", 1, 75, "condition"),
        ],
    ),
    Broken(
        "a condition without name",
        "t.json",
        ONE.replace("}", ', "condition": {}}').join("[]"),
        [
            ("missing-field", 1, 75, "name"),
        ],
    ),
    Broken(
        "a NUL in a context",
        "t.json",
        ONE.replace("}", ', "condition": {"name": "c", "context": {"x": ["\\u0000"]}}}').join("[]"),
        [("invalid-encoding", 1, 107, "condition.context")],
    ),
    Broken(
        "half of a surrogate pair",
        "t.json",
        ONE.replace("user:a", "user:\\ud800").join("[]"),
        [
            ("invalid-encoding", 1, 11, "user"),
        ],
    ),
    Broken(
        "an expiry that is a number",
        "t.json",
        ONE.replace("}", ', "expires_at": 1}').join("[]"),
        [
            ("wrong-value", 1, 76, "expires_at"),
        ],
    ),
    Broken("a tuple twice", "t.json", f"[{ONE},\n {TWO},\n {ONE}]", [("duplicated-error", 3, 2, None)]),
    Broken(
        "lines with errors",
        "t.jsonl",
        f"{ONE}\n\n{{]\n{ONE[:-1]}\n7\n{TWO}\n",
        [
            ("invalid-syntax", 3, 2, None),
            ("invalid-syntax", 4, 59, None),
            ("wrong-value", 5, 1, "a tuple"),
        ],
    ),
    Broken("two tuples on a line", "t.jsonl", f"{ONE} {TWO}\n", [("invalid-syntax", 1, 61, None)]),
    Broken(
        "a tuple over two lines",
        "t.jsonl",
        ONE.replace(", ", ",\n", 1),
        [
            ("invalid-syntax", 1, 19, None),
            ("invalid-syntax", 2, 11, None),
        ],
    ),
    Broken(
        "a string over two lines of JSONL",
        "t.jsonl",
        ONE.replace("viewer", "vie\nwer"),
        [
            ("invalid-syntax", 1, 36, None),
            ("invalid-syntax", 2, 1, None),
        ],
    ),
]
