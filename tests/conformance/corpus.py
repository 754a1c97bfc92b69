"""Our own hostile inputs, by what they try: texts, JSON writings, whole bodies, heads and queries."""

import json
from datetime import date

from sqlmodel import SQLModel

from tracelot.records import tenancy

assert tenancy.RULES  # every table is known once the rules are

BIG = 2**63
TEXTS: dict[str, list[str]] = {
    "numbers": ["0", "-1", "-0", "007", "1_0", "0x1f", "1e3", "1e999", "1e-999", "NaN", "nan", "Infinity", "-inf",
                "٣", "１２", "²", "½", "1,5", "1.0000001", "+1", " 1", "1 ", str(BIG), str(-BIG - 1), str(2**53),
                "9" * 400, "0." + "1" * 60, "True", "null", "undefined", "[]", "{}"],
    "controls": ["a\x00b", "\x00", "a\x07b", "a\x1b[31mb", "a\x7fb", "a\x85b", "a\tb", "a\nb", "a\rb", "a\r\nb",
                 "a\x0bb", "a\x0cb", "\x01\x02\x03", "a\u2028b", "a\u2029b"],
    "surrogates": ["\ud800", "a\udfffb", "\udc00\ud800", "\ud83d", "x\udbffy"],
    "bidi": ["\u202eabc", "a\u202db", "a\u2066b\u2069", "\u061cabc", "a\u200fb", "\u200eabc", "a\u202ab\u202c"],
    "invisible": ["a\u200bb", "\u200b", "a\u200cb", "a\u200db", "a\u2060b", "\ufeffabc", "a\u00adb", "a\u180eb",
                  "\u3164", "\u2800", "a\U000e0041b", "a\ufe0fb", "\u00a0", "\u3000", "\u034f"],
    "homoglyphs": ["ZY20260915А", "ΖΥ2026", "𝐙𝐘𝟐𝟎𝟐𝟔", "ＺＹ２０２６", "ⅣⅤ", "ꓜꓬ2026", "0O1lI|", "раypal", "ﬁﬂ"],
    "normal forms": ["e\u0301", "\u00e9", "\u212b", "\ufb01", "\u1e9b\u0323", "\u0958", "\uf900", "\u0345",
                     "a" + "\u0301" * 50, "ǆ", "İ", "ß", "ſ", "\u1100\u1161"],
    "wide": ["😀", "👨‍👩‍👧‍👦", "🇨🇳", "𠮷野家", "\U0010ffff", "\ufffe", "\ufdd0", "\ue000", "中" * 70, "𐍈", "﷽" * 30],
    "lengths": ["", " ", "x", "x" * 20, "x" * 21, "x" * 48, "x" * 49, "x" * 200, "x" * 201, "x" * 2000, "x" * 2001,
                "中" * 201, "x" * 9000, "a " * 1000],
    "dates": ["0000-00-00", "0001-01-01", "1969-12-31", "1970-01-01", "2100-12-31", "2101-01-01", "9999-12-31",
              "10000-01-01", "2026-02-29", "2024-02-29", "2026-02-30", "2026-13-01", "2026-00-10", "2026-9-5", "20260915",
              "2026-W37-2", "2026-258", "15/09/2026", "٢٠٢٦-٠٩-١٥", "2026-09-15T00:00:00", "-2026-09-15", "+12026-09-15"],
    "moments": ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-09-15T24:00:00Z", "2026-09-15T25:61:61Z",
                "2026-06-30T23:59:60Z", "2026-09-15T08:00:00+99:99", "2026-09-15T08:00:00", "2026-09-15 08:00Z",
                "2026-09-15T08:00:00.123456789123Z", "1e18", "1757923200", "-1", "2100-12-31T23:59:59-23:59",
                "1970-01-01T00:00:00+23:59", "2026-09-15T08:00:00[Asia/Shanghai]", "now"],
    "ids": ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "{0198f2b4-9f64-7c3a-8000-000000000001}", "urn:uuid:0198f2b4-9f64-7c3a-8000-000000000001",
            "0198f2b49f647c3a8000000000000001", "0198f2b4-9f64-7c3a-8000-00000000000", "0198F2B4-9F64-7C3A-8000-000000000001",
            "0198f2b4-9f64-7c3a-8000-0000000000011", "me", "new", "-", "null", "1", "0198f2b4_9f64_7c3a_8000_000000000001",
            "\uff10198f2b4-9f64-7c3a-8000-000000000001"],
    "codes": ["ZH-411724-20260915-0001", "ZH-411724-99999999-9999", "(01)09520001000027(10)A", "]C1010952000100002710A",
              "01095200010000271000\x1d21X", "urn:epc:class:lgtin:9520001.00002.A", "urn:epc:id:sgtin:a.b.c",
              "https://id.example/01/09520001000027/10/A", "http://[::1", "http://a:b@c:99999/01/0", "//x/01/1/10/2",
              "HTTPS://ID.EXAMPLE/01/09520001000027", "(01)(10)(21)", "(10)" + "A" * 30, "91411724MA00000000", "00000000000000"],
    "cursors": ["e30", "e30=", "W10", "bnVsbA", "WzEsMl0", "WyIyMDI2LTA5LTE1IiwieCJd", "WyIwMDAxLTAxLTAxIiwiMDAwIl0",
                "W251bGwsbnVsbF0", "WyJcdTAwMDAiLCJcdTAwMDAiXQ", "W05hTl0", "W1tbW11dXV0", "!!!!", "A" * 400, "A" * 401,
                "gASVCgAAAAAAAABdlChLAUsCZS4=", "eyJhbGciOiJub25lIn0.e30.", "-1", "../..", "WzllOTk5LCJhIl0"],
    "sql": ["'", "''", "' OR '1'='1", "' OR 1=1--", "1; DROP TABLE batch;--", "') OR ('a'='a", "' UNION SELECT NULL,NULL--",
            "%' AND 1=0 UNION ALL SELECT digest FROM apikey--", "1 AND pg_sleep(5)", "1' AND randomblob(900000000)--",
            "\\'; SELECT 1;--", "admin'--", "' || (SELECT version()) || '", "'; ATTACH DATABASE '/tmp/x' AS x;--", "%", "_",
            "%%%%", "\\", "!%_", "$1", ":id", "?", "@@version", "`id`", "\"id\"", "[id]", "/**/", "0x27", "' GLOB '*"],
    "ldap and xpath": ["*)(uid=*))(|(uid=*", "admin)(&)", "' or count(/*)=1 or 'a'='b", "x'] | //* | //*['", "*"],
    "templates": ["{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{config}}", "{{''.__class__.__mro__}}", "{% raw %}",
                  "{%", "}}", "{# x #}", "{{ self._TemplateReference__context }}", "${jndi:ldap://127.0.0.1/x}"],
    "format strings": ["%s%s%s%n", "%(x)s", "%d", "{0}", "{reason}", "{0.__class__}", "{!r}", "{", "}", "%", "%%", "$reason",
                       "%(suggestion)s {suggestion}", "{:999999999}"],
    "commands": ["; id", "| id", "`id`", "$(id)", "&& id", "\n id", "a; rm -rf ~", "() { :; }; id", "=cmd|' /C calc'!A0"],
    "paths": ["../../etc/passwd", "..\\..\\win.ini", "/etc/passwd", "....//....//", "..%2f..%2f", "file:///etc/passwd",
              "C:\\x", "\\\\host\\share", "CON", "NUL", ".", "..", "...", "/", "//", "a/b", "a//b", "~root", "x" * 255 + "/y"],
    "headers in text": ["a\r\nSet-Cookie: x=1", "a\nLocation: https://other.example", "a%0d%0aX-Evil: 1", "a\r\n\r\n<html>",
                        "\u560d\u560aX: 1", "a\u0085b: 1"],
    "markup": ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "javascript:alert(1)",
               "]]>", "<!--", "<?xml version='1.0'?>", "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>", "&amp;&#0;",
               "</title>", "&lt;script&gt;", "<a href=//other.example>"],
    "spreadsheets": ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(\"//x\")", "'=1", "＝1+1", "%0A=1"],
    "slow patterns": ["a" * 190 + "!", "1" * 190 + "a", "@" * 190, "a@" + "a." * 90, "-" * 190, "(" * 190, "%" * 190,
                      "/" * 190, "http://" + "a" * 180, "0396-" * 38, " " * 190 + "x", "ａ" * 190, "." * 190 + "@"],
    "prototypes": ["__proto__", "constructor", "__class__", "__init__", "toString", "hasOwnProperty", "__dict__", "self"],
    "places": ["114.3", "181", "-181", "90.0000001", "-0.0", "1e308", "000000", "411724", "999999", "411724999", "41",
               "4117240000", "٤١١٧٢٤"],
    "people": ["a@b.c", "a@b", "@", "a@@b.c", "\"a b\"@c.d", "a@[127.0.0.1]", "a\u00e9@b.c", "x" * 65 + "@b.cd", "13800000000",
               "+8613800000000", "１３８００００００００", "a@b.c\r\nBcc: d@e.f", "李@例子.中国"],
}  # fmt: skip

# What cannot be written in JSON, or not as text: raw bytes of a path, a query or a form, percent-encoded.
ESCAPES: dict[str, list[str]] = {
    "broken UTF-8": ["%ff", "%c3", "%c3%28", "%c0%af", "%c0%80", "%e0%80%af", "%ed%a0%80", "%ed%b0%80", "%f4%90%80%80",
                     "%f8%88%80%80%80", "%fe", "%80", "%e4%b8", "a%ffb"],
    "broken escapes": ["%", "%4", "%zz", "%u0041", "%25", "%2525", "%00", "%0a", "%0d%0a", "%2e%2e%2f", "%2e", "%5c", "+", "%2b",
                       "%26a=b", "a;b", "%3b", "%23", "%3f"],
}  # fmt: skip


def _nested(depth: int) -> str:
    return "[" * depth + "]" * depth


JSONS: dict[str, list[str]] = {
    "numbers": ["0", "-1", "-0", "-0.0", "1.5", "1e2", "1E400", "-1e400", "1e-400", "NaN", "Infinity", "-Infinity",
                str(BIG), str(-BIG - 1), str(2**53), str(2**53 - 1), str(2**31), "9" * 4301, "1." + "0" * 500, "0.1e1",
                "123456789012345678.123456789", "01", "+1", ".5", "1.", "0x10", "1_000"],
    "kinds": ["null", "true", "false", "[]", "{}", '""', "[null]", '["a"]', "[[]]", '[1,"a",null]', '{"a":1}', '{"":""}',
              '[{"product_id":null}]', '{"$ne":null}', '{"__proto__":{"a":1}}', '{"id":"x"}', "[" + "0," * 2000 + "0]",
              '["' + '","'.join(map(str, range(1100))) + '"]', "[" + ",".join(["{}"] * 60) + "]"],
    "nested": [_nested(31), _nested(32), _nested(33), _nested(400), '{"a":' * 40 + "1" + "}" * 40],
    "escapes": ['"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"\\x41"', '"\\u00"', '"a\tb"', '"\x01"',
                "'a'", "undefined", '"\\/"', '"', "/*a*/1", "1//a"],
    "doubled": ['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '[{"code":"a","code":"b"}]'],
}  # fmt: skip
PLAIN = '{"reason":"核对","code":"C1"}'
TYPE = "application/json"
BODIES: list[tuple[str, str, bytes]] = [
    ("empty", TYPE, b""),
    ("white", TYPE, b" \r\n\t"),
    *((f"only {text}", TYPE, text.encode()) for text in ("null", "1", '"a"', "[]", "{}", "true", "[{}]", "NaN", "-")),
    ("no end", TYPE, b'{"reason":"a"'), ("two documents", TYPE, b'{"reason":"ab"}{"reason":"cd"}'),
    ("trailing comma", TYPE, b'{"reason":"ab",}'), ("single quotes", TYPE, b"{'reason':'ab'}"),
    ("comment", TYPE, b'{"reason":"ab"}//x'), ("lines", TYPE, b'{"reason":"ab"}\n{"reason":"cd"}\n'),
    ("BOM", TYPE, b"\xef\xbb\xbf" + PLAIN.encode()), ("UTF-16", TYPE, PLAIN.encode("utf-16")),
    ("UTF-16LE", TYPE, PLAIN.encode("utf-16-le")), ("UTF-16BE", TYPE, PLAIN.encode("utf-16-be")),
    ("UTF-32", TYPE, PLAIN.encode("utf-32")), ("GB18030", TYPE, PLAIN.encode("gb18030")), ("UTF-7", TYPE, b"+AHsAIg-"),
    ("overlong", TYPE, b'{"reason":"\xc0\xafab"}'), ("surrogate", TYPE, b'{"reason":"\xed\xa0\x80"}'),
    ("cut character", TYPE, b'{"reason":"\xe4\xb8"}'), ("latin-1", TYPE, b'{"reason":"\xe9t\xe9"}'),
    ("raw NUL", TYPE, b'{"reason":"a\x00b"}'), ("NUL behind", TYPE, PLAIN.encode() + b"\x00"),
    ("gzip", TYPE, b"\x1f\x8b\x08\x00\x00\x00\x00\x00"), ("deep", TYPE, _nested(100_000).encode()),
    ("deep objects", TYPE, b'{"a":' * 20_000 + b"1" + b"}" * 20_000), ("long number", TYPE, b'{"a":' + b"9" * 5000 + b"}"),
    ("wide", TYPE, json.dumps({f"k{n}": n for n in range(20_000)}).encode()),
    ("long name", TYPE, json.dumps({"k" * 100_000: 1}).encode()), ("odd names", TYPE, b'{"<b>\\u0000~/#":1,"":2}'),
    ("doubled", TYPE, b'{"reason":"ab","reason":"cd"}'), ("a million", TYPE, b'{"reason":"' + b"x" * 1_000_000 + b'"}'),
    ("too large", TYPE, b'{"reason":"' + b"x" * 1_100_000 + b'"}'), ("plain text", "text/plain", PLAIN.encode()),
    ("no type", "", PLAIN.encode()), ("two types", "application/json, text/plain", PLAIN.encode()),
    ("charset", "application/json; charset=utf-16", PLAIN.encode()), ("odd charset", "application/json; charset=klingon", b"{}"),
    ("YAML", "application/yaml", b"a: &a [*a]"), ("XML", "application/xml", b"<a/>"), ("merge", "application/merge-patch+json", b"{}"),
    ("form", "application/x-www-form-urlencoded", b"reason=ab&reason=cd&%ff=%ff&=&&a"),
    ("form with NUL", "application/x-www-form-urlencoded", b"reason=a%00b&name=%ed%a0%80&code=%c0%af"),
    ("form of many fields", "application/x-www-form-urlencoded", b"&".join(b"f%d=1" % n for n in range(1500))),
    ("form in UTF-16", "application/x-www-form-urlencoded; charset=utf-16", b"reason=ab"),
    ("multipart without boundary", "multipart/form-data", b"--x\r\n"),
    ("multipart without end", "multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb'),
    ("multipart without name", "multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nb\r\n--x--\r\n"),
    ("multipart, odd head", "multipart/form-data; boundary=x", b"--x\r\n\x00: \xff\r\n\r\nb\r\n--x--\r\n"),
    ("multipart, file", "multipart/form-data; boundary=x",
     b'--x\r\nContent-Disposition: form-data; name="reason"; filename="../../x.sh"\r\n\r\n\x00\xff\r\n--x--\r\n'),
    ("multipart, files", "multipart/form-data; boundary=x",
     b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nb\r\n' * 5 + b"--x--\r\n"),
    ("multipart, charset", "multipart/form-data; boundary=x",
     b'--x\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\nutf-7\r\n--x--\r\n'),
    ("multipart, long boundary", "multipart/form-data; boundary=" + "x" * 500, b"--x\r\n"),
    ("multipart, odd boundary", "multipart/form-data; boundary=\"\xe9\"", b"--\xe9--\r\n"),
]  # fmt: skip

HEADS: dict[str, list[bytes]] = {
    "if-match": [b"", b"*", b'"1"', b'W/"1"', b"1", b'"-1"', b'"1","2"', b'"' + b"9" * 30 + b'"', b'"\xd9\xa1"', b'"1', b"\xff",
                 b'"1.0"', b"null", b'"0x1"', b'"01"'],
    "if-none-match": [b"", b"*", b'"x"', b'W/"x"', b'"' + b"x" * 5000 + b'"', b"\xff\xfe", b",,,"],
    "idempotency-key": [b"", b" ", b"k", b'"k"', b"x" * 200, b"x" * 201, b"x" * 5000, b"a\tb", b"\xe9", b"\xff", b"'--", b"{{1}}"],
    "authorization": [b"", b"Bearer", b"Bearer ", b"Bearer trc_", b"Bearer trc_a_b", b"Bearer trc_a_b_c_d", b"bearer null",
                      b"Basic YTpi", b"Basic !!!", b"Digest x", b"Bearer \xff\xfe", b"Bearer " + b"a" * 9000, b"Bearer trc_%00_x",
                      b"Bearer trc_\xe4\xb8\xad_x", b"Bearer a Bearer b", b"Negotiate x", b"Bearer eyJhbGciOiJub25lIn0.e30."],
    "cookie": [b"", b"trace", b"trace=", b"trace=;", b"trace=a; trace=b", b"trace=\xff", b"trace=%00", b'trace="a"',
               b"trace=" + b"a" * 8000, b"=", b";;;;", b"theme=\xff; lang=../..", b"lang=xx", b"theme=<script>", b"__Host-trace=a"],
    "accept": [b"", b"*/*", b"application/json", b"text/html", b"application/problem+json", b"image/png", b"x/y;q=abc",
               b"text/html;q=0,application/json", b"," * 500, b"\xff", b"application/xml", b"*/*;q=1e9", b"json"],
    "accept-language": [b"", b"en", b"zh-CN,zh;q=0.9", b"xx", b"*", b"en;q=abc", b"-", b"zh" * 500, b"\xff", b"../../etc", b"en_US",
                        b"en;q=" + b"9" * 400, b"i-klingon"],
    "accept-encoding": [b"gzip;q=0", b"identity;q=0", b"*;q=0", b"br", b"\xff"],
    "content-encoding": [b"gzip", b"deflate", b"br", b"identity, gzip", b"x"],
    "content-type": [b"application/json;", b"application/json;charset", b"APPLICATION/JSON", b"application/json; a=\xff", b"/",
                     b"application", b"multipart/form-data", b"application/x-www-form-urlencoded", b"x" * 3000],
    "range": [b"bytes=0-0", b"bytes=-1", b"bytes=9-1", b"bytes=" + b"0-0," * 200 + b"1-1", b"bytes=a-b", b"lines=1"],
    "content-length": [b"-1", b"abc", b"1e3", b"+5", b"\xd9\xa1", b"99999999999999999999"],
    "transfer-encoding": [b"chunked, identity", b"xchunked", b"gzip, chunked"],
    "expect": [b"100-continue", b"200-ok"],
    "host": [b"other.example", b"127.0.0.1@other.example", b"127.0.0.1:abc", b"[::1", b"127.0.0.1/x", b"127.0.0.1 x", b"", b"\xff",
             b"127.0.0.1\\x", b"localhost:99999"],
    "origin": [b"null", b"https://other.example", b"http://[", b"http://127.0.0.1", b"\xff", b"file://"],
    "sec-fetch-site": [b"cross-site", b"same-site", b"none", b"x", b"\xff"],
    "referer": [b"https://other.example/", b"javascript:1", b"\xff"],
    "user-agent": [b"", b"\xff\xfe", b"<script>", b"x" * 5000, b"a\tb", b"{{7*7}}", b"%s%n", b"() { :; }; id"],
    "x-forwarded-for": [b"127.0.0.1", b"1.2.3.4, 5.6.7.8", b"\xff", b"x" * 900, b"' OR 1=1--"],
    "x-forwarded-host": [b"other.example"], "x-forwarded-proto": [b"https", b"javascript"], "forwarded": [b"for=_x;host=other.example"],
    "x-http-method-override": [b"DELETE", b"PUT"], "x-original-url": [b"/gov/parties"], "connection": [b"upgrade", b"close, x"],
    "upgrade": [b"websocket", b"h2c"], "if-modified-since": [b"x", b"Thu, 99 Foo 0000 99:99:99 GMT"], "x-request-id": [b"<b>", b"\xff"],
    "traceparent": [b"00-x-y-z"], "te": [b"trailers"], "trailer": [b"content-length"], "x-evil\xe9": [b"1"],
}  # fmt: skip

QUERIES = ["", "&", "=", "&&&=&", "a", "a=1&a=2", "limit=1&limit=2", "limit[]=1", "limit[0]=1", "limit=1;limit=2", "cursor=&cursor=",
           "text=a&text=b", "text[$ne]=1", "page=1", "offset=-1", "order=id;drop", "sort=__class__", "fields=password_hash",
           "include=account", "debug=true", "lang=xx", "lang=../../x", "lang=en&lang=zh", "format=json", "format=xml", "done=<b>",
           "done=released", "next=//other.example", "next=javascript:1", "next=/\\other.example", "_method=DELETE", "version=1",
           "q=%ff", "q=%00", "x" * 3000 + "=1", "a=" + "b" * 9000, "&".join(f"p{n}=1" for n in range(1200)), "?a=1", "#", "%", "%=%",
           "callback=alert", "access_token=x", "id=1&id=2", "text=%F0%9F%98%80", "status=released&status=held"]  # fmt: skip

# Mass assignment: whatever a table keeps, said by a caller.
COLUMNS = sorted({name for table in SQLModel.metadata.tables.values() for name in table.columns.keys()})  # noqa: SIM118
ASSIGNED = [
    "0198f2b4-9f64-7c3a-8000-000000000001",
    1,
    True,
    "verified",
    None,
    ["411724"],
    str(date(2026, 9, 15)),
]


def how_many() -> int:
    parts = (TEXTS, ESCAPES, JSONS, HEADS)
    return (
        sum(len(values) for part in parts for values in part.values())
        + len(BODIES)
        + len(QUERIES)
        + len(COLUMNS)
    )
