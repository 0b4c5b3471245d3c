"""Texts that have broken other people's software: markup, scripts, templates, queries, directions, sizes."""

from __future__ import annotations

import unicodedata

MARKUP = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=x:x onerror=&#97;lert(1)>",
    "<svg onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg/onload=alert`1`>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<a href=javascript:alert(1)>press</a>",
    "<a href='java\tscript:alert(1)'>press</a>",
    "<object data=data:text/html,<script>alert(1)</script>>",
    "<embed src=javascript:alert(1)>",
    "<form action=javascript:alert(1)><button>press</button></form>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content=0;url=javascript:alert(1)>",
    "<style>*{background:url(javascript:alert(1))}</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea></textarea><script>alert(1)</script>",
    "<!--<img src='--><img src=x onerror=alert(1)//'>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "`'\"><svg/onload=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#x3C;script&#x3E;alert(1)",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
]
LINKS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//https://ok.example",
    "https://ok.example/?q=javascript:alert(1)",
    'https://ok.example/"onmouseover="alert(1)',
    "https://ok.example/<script>alert(1)</script>",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1) https://ok.example/a)b",
    "https://user:word@ok.example/ and http://[::1]/ and //evil.example",
    "javascript://https://ok.example/%0aalert(1)",
]
TEMPLATES = [
    "{{7*7}} ${7*7} <%= 7*7 %> #{7*7} {7*7}",
    "{{constructor.constructor('alert(1)')()}}",
    "%s %n %d %x {0} {name} $name $(id) `id`",
    "$&$`$'$1",
    "__proto__ constructor prototype toString",
    '{"$gt":""} {"$where":"sleep(1000)"}',
    "' OR '1'='1' -- ",
    "'; DROP TABLE messages; db.dropDatabase(); //",
    "../../../../etc/passwd\\..\\..\\boot.ini",
    '=HYPERLINK("https://evil.example","press")',
    "\\u0041\\x41\\n\\0",
]
LETTERS = [
    "\u202eevil.example/exe.gpj\u202c",
    "\u2066isolated\u2069 \u200fright\u200e left",
    "zero\u200bwidth\u200cjoin\u200ders\ufeffhere",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f3f4\u200d\u2620\ufe0f \U0001f1f2\U0001f1e9",
    "Z\u0351\u036b\u0343a\u0334\u0358l\u0321\u0334g\u0318\u0319o\u0489" + "\u0336" * 30,
    "مرحبا بالعالم שלום עולם 你好 नमस्ते",
    "\u2028line\u2029paragraph",
    "ﬁﬂ ǅ İıẞ \u0130\u0131",
    "a" * 1000,
    "ж" * 2000,
    "line one\nline two\r\nline three\rline four\ttabbed",
    "bell\u0007 null\u0000 escape\u001b[31m delete\u007f next\u0085 end",
    "\U0001f600" * 4000,
]
STRINGS = [*MARKUP, *LINKS, *TEMPLATES, *LETTERS]
EMPTY = ["", " ", "\n\t ", "\u200b", "\u202e", "\u0000", "\u0007\u001b", "\ufeff\u200d", "\u00a0"]


def as_text(text: str) -> str:
    """What a message is stored as: one kind of newline, no control characters, nothing around it."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc").strip()


def as_line(text: str, longest: int) -> str:
    """What a title or a name is stored as: one line without control characters."""
    kept = (c if unicodedata.category(c) != "Cc" else " " if c in "\r\n\t" else "" for c in text)
    return " ".join("".join(kept).split())[:longest]
