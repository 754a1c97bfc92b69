"""What a page may load and run: our own files, nothing inline; and which of a phone's senses it may ask for."""

_POLICY = (
    "default-src 'none'; script-src 'self'{wasm}; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; media-src 'self' blob:; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
POLICY = _POLICY.format(wasm="")
SCAN_POLICY = _POLICY.format(wasm=" 'wasm-unsafe-eval'")  # the reader of the camera's pictures

_PERMISSIONS = "camera=(self), geolocation=({place}), microphone=()"
PERMISSIONS = _PERMISSIONS.format(place="")
PLACE_PERMISSIONS = _PERMISSIONS.format(place="self")  # the sheet that says where a sample was taken
