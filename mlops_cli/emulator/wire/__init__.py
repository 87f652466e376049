"""HTTP/1.1 and TLS on one loopback port: bytes in, `Request` out; `Response` in, bytes out."""
