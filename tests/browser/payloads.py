"""Texts that want to be more than text, by the way in which they try; each would mark the page or ask for HIT."""

HIT = "/canary-hit"
ACT = "document.documentElement.dataset.owned=1"
CALL = f"fetch('{HIT}')"
SHORT = "alert(1)"
LONGEST = 200

_EVENTS = ("onerror", "onload", "onfocus", "onmouseover", "ontoggle", "onbegin", "onstart", "onanimationstart", "onpointerenter",
           "onscrollend", "oncontentvisibilityautostatechange", "onbeforetoggle", "onauxclick", "onwheel")  # fmt: skip
_HOSTS = ("img src=x", "svg", "body", "input autofocus", "details open", "video src=x", "audio src=x", "iframe src=x",
          "object data=x", "marquee", "select autofocus", "textarea autofocus", "x tabindex=1 autofocus", "math")  # fmt: skip

CLASSES: dict[str, list[str]] = {
    "elements": [f"<script>{ACT}</script>", f"<ScRiPt>{ACT}</sCrIpT>", f"<script\n>{ACT}</script >", f"<script src={HIT}></script>",
                 f"<script/x>{ACT}</script>", f"<script>/*</script><script>*/{ACT}</script>", f"<link rel=stylesheet href={HIT}>",
                 f"<script type=module>{ACT}</script>", f"<script async>{ACT}//", f"<img src={HIT}>", f"<iframe src={HIT}>",
                 f"<embed src={HIT}>", f"<object data={HIT}>", f"<base href={HIT}/>", f"<meta http-equiv=refresh content=0;url={HIT}>",
                 f"<form action={HIT}><button autofocus>x", f"<input type=image src={HIT}>", f"<video poster={HIT}>", f"<audio src={HIT}>",
                 f"<picture><source srcset={HIT}><img>", f"<template><script>{ACT}</script></template>", f"<portal src={HIT}>",
                 f"<x is=script>{ACT}</x>", f"<table background={HIT}>", f"<frameset onload={ACT}>", f"<applet code={HIT}>"],
    "events": [f"<{host} {event}={ACT}>" for host, event in zip(_HOSTS, _EVENTS, strict=True)]
              + [f"<img src=x {event}={SHORT}>" for event in _EVENTS[:8]],
    "attributes": [f"{quote}{gap}{event}={ACT}{rest}" for quote in ('"', "'", "`", '">', "'>", "\\\"")
                   for gap, event, rest in ((" ", "onfocus", " autofocus x="), ("/", "onmouseover", "//"))]
                  + [f'" style="background:url({HIT})', f"' src={HIT} '", f'"><svg onload={ACT}>', f"'><img src=x onerror={ACT}>",
                     f'" srcdoc="<script>{ACT}</script>', f'" formaction="javascript:{ACT}', f'" href="javascript:{ACT}" x="',
                     f'" autofocus onfocus="{ACT}', f"&quot; onfocus={ACT} autofocus &quot;", f"x onload={ACT}", f"x\tonerror={ACT}"],
    "SVG": [f"<svg onload={ACT}>", f"<svg/onload={ACT}//", f"<svg><script>{ACT}</script></svg>", f"<svg><animate onbegin={ACT} attributeName=x>",
            f"<svg><set onbegin={ACT} attributeName=x>", f"<svg><a xlink:href=javascript:{ACT}><text y=9>x", "<svg><use href=data:image/svg+xml,x>",
            f"<svg><foreignObject><script>{ACT}</script>", f"<svg><image href={HIT} onload={ACT}>", f"<svg><style>@import'{HIT}'</style>",
            f"</text><script>{ACT}</script>", f"</svg><script>{ACT}</script>", f"<svg><script href={HIT} />", f"<svg><discard onbegin={ACT}>",
            f"<?xml-stylesheet href={HIT}?>", f"<svg><title><script>{ACT}</script></title>", "<!DOCTYPE x [<!ENTITY a 'b'>]>&a;",
            f"<svg><handler xml:id=x>{ACT}</handler>", f"<svg><mpath xlink:href={HIT}>", f"<svg><feImage href={HIT}>"],
    "mutation": [f"<math><mtext><table><mglyph><style><img src onerror={ACT}>", f"<noscript><p title=\"</noscript><img src onerror={ACT}>\">",
                 f"<svg></p><style><a id=\"</style><img src onerror={ACT}>\">", f"<form><math><mtext></form><form><mglyph><style><img src onerror={ACT}>",
                 f"<xmp><img title=\"</xmp><img src onerror={ACT}>\">", f"<title><img title=\"</title><img src onerror={ACT}>\">",
                 f"<textarea><img title=\"</textarea><img src onerror={ACT}>\">", f"<!--><img src onerror={ACT}>-->", f"<!-- --!><img src onerror={ACT}>",
                 f"<![CDATA[<img src onerror={ACT}>]]>", f"<style><!--</style><img src onerror={ACT}>", f"<select><style></select><img src onerror={ACT}>",
                 f"<p id='<svg onload={ACT}>'", f"<img src=\"`><img src onerror={ACT}>\">", f"<a <script>{ACT}</script>", f"<<script>{ACT}//<</script>",
                 f"<plaintext><img src onerror={ACT}>", f"<svg><p><style><!--</style><img src onerror={ACT}>"],
    "addresses": [f"javascript:{ACT}", f"JaVaScRiPt:{ACT}", f"java\u00adscript:{ACT}", f"  javascript:{ACT}", f"javascript&colon;{ACT}",
                  f"javascript://%0a{ACT}", f"data:text/html,<script>{ACT}</script>", "data:text/html;base64,PHNjcmlwdD4=", f"vbscript:{ACT}",
                  f"//127.0.0.1:9{HIT}", f"\\\\127.0.0.1:9{HIT}", f"https:{HIT}", f"blob:{HIT}", f"view-source:{HIT}", f"javascript:void({ACT})",
                  f"jav&#x09;ascript:{ACT}", f"&#106;avascript:{ACT}", f"feed:javascript:{ACT}", f"filesystem:{HIT}", "about:blank"],
    "scripts": [f"</script><script>{ACT}</script>", f"';{ACT};//", f'";{ACT};//', f"\\';{ACT};//", f"`;{ACT};//", f"${{{ACT}}}", f"-{ACT}-",
                f"'-{ACT}-'", f'"-{ACT}-"', f"</script><svg onload={ACT}>", f"*/{ACT}/*", f"\\u003cscript\\u003e{ACT}", f"\\x3cscript\\x3e{ACT}",
                f"<!--<script>{ACT}", f"]]>{ACT}", f"}}}};{ACT}//", f'{{"__proto__":{{"x":"{SHORT}"}}}}', f"\u2028{ACT}", f"\u2029{ACT}//",
                f"[].constructor.constructor('{ACT}')()", f"import('{HIT}')", f"{CALL}", f"eval(name)//{ACT}"],
    "templates": [f"{{{{constructor.constructor('{ACT}')()}}}}", "{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{config}}", "{% debug %}",
                  f"{{{{'a'.constructor.prototype.charAt=[].join;$eval('{ACT}')}}}}", "{{''|safe}}", "{{ self }}", "{# #}", "[[${7*7}]]",
                  f"<div ng-app ng-csp><x ng-focus={ACT}>", f"<div v-html=x @click={ACT}>", f"<div x-data x-init={ACT}>", f"<div hx-get={HIT} hx-trigger=load>",
                  f"<div data-bind=\"x:{ACT}\">", "{{=<% %>=}}", "%(x)s %s {0} {reason}"],
    "styles": [f"<style>@import '{HIT}';</style>", f"<style>*{{background:url({HIT})}}</style>", f"<div style=background:url({HIT})>x",
               f"</style><script>{ACT}</script>", f"<x style=animation-name:a onanimationstart={ACT}>", f"x;background:url({HIT})", "expression(alert(1))",
               f"<link rel=preload as=script href={HIT}>", f"<link rel=icon href={HIT}>", f"*/@import'{HIT}';/*", f"<style>@font-face{{src:url({HIT})}}",
               f"<x style='behavior:url({HIT})'>", f"<p style=\"-moz-binding:url({HIT})\">", f"<style>:root{{--x:url({HIT})}}</style>",
               f"<div style=\"content:url({HIT})\">", f"<iframe style=position:fixed srcdoc='<script>parent.{ACT}</script>'>"],
    "polyglots": [f"jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */onload={ACT} )//</stYle/</titLe/</scRipt/--!>\\x3csVg/<sVg/oNloAd={ACT}//>",
                  f"'\"--></style></script><svg onload={ACT}>", f"\"'`><img src=x onerror={ACT}>", f"</title></textarea></noscript><svg/onload={ACT}>",
                  f"-->'\"/></sCript><svG x=\">\" onload={ACT}>", f"'>\"></a><script>{ACT}</script>", f"\\\"><svg/onload={ACT}>\\",
                  f"{{{{7*7}}}}'\"><img src onerror={ACT}>", f"=1+1\"><img src=x onerror={ACT}>", f"javascript:\"/*'/*`/*--></script><svg onload={ACT}>",
                  f"%22%3E%3Csvg onload={ACT}%3E", f"&lt;script&gt;{ACT}&lt;/script&gt;", f"&#60;script&#62;{ACT}"],
    "characters": [f"＜script＞{ACT}＜/script＞", f"‹script›{ACT}", f"<scr\u00adipt>{ACT}</script>", f"<\u017fcript>{ACT}</\u017fcript>", f"<İmg src=x onerror={ACT}>",
                   f"<img\u3000src=x\u3000onerror={ACT}>", f"<img src=x onerror\uff1d{ACT}>", f"<img/src=x/onerror={ACT}>", f"<img\u00a0src=x onerror={ACT}>",
                   f"+ADw-script+AD4-{ACT}", f"\u02ba onfocus={ACT}", f"\uff02 onfocus={ACT} autofocus", f"%3Cscript%3E{ACT}", f"%253Cscript%253E{ACT}",
                   f"\\74script>{ACT}", f"<\u200bscript>{ACT}</script>", f"<script\u2063>{ACT}</script>", f"\ufe64script\ufe65{ACT}", "<a\u0338 href=x>"],
    "formulas": ["=1+1", "+1+1", "-2+3", "@SUM(1)", "=HYPERLINK(\"//127.0.0.1:9\")", "=cmd|' /C calc'!A0", "＝1+1", "＋1", "－1", "＠SUM(1)",
                 "=IMPORTXML(\"//127.0.0.1:9\",\"//a\")", "\",=1+1,\"", "'=1+1", "=1+1\"", ";=1+1", "%0A=1+1"],
}  # fmt: skip
CODES = ["<b>-\"'&1", "<svg/onload=a()>", "\"onfocus=a()", "'><i>x</i>", "=1+1", "+1", "-2", "<!--", "&lt;b&gt;", "%3Cb%3E", "</title>",
         "<a/href=x>"]  # fmt: skip
ALL = [(kind, text) for kind, texts in CLASSES.items() for text in texts]
