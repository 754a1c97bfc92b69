"""What a page may load and run (Content-Security-Policy): our own files, and nothing inline."""

_POLICY = (
    "default-src 'none'; script-src 'self'{wasm}; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; media-src 'self' blob:; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
POLICY = _POLICY.format(wasm="")
SCAN_POLICY = _POLICY.format(wasm=" 'wasm-unsafe-eval'")  # the reader of the camera's pictures
