"""A resolver for the lab: answers from its table, else NXDOMAIN."""
import socket
import struct

MX = {"example.org": "mx.example.org", "example.com": "mx.example.net", "example.net": "mx.example.net",
      "discarded.example.net": "mx.example.net"}
A = {"mx.example.org": "192.0.2.25", "mx.example.com": "198.51.100.10", "mx.example.net": "192.0.2.200",
     "66.100.51.198.bl.example.net": "127.0.0.2", "listed.example.net.dbl.example.net": "127.0.1.2",
     "listed.example.net": "192.0.2.200"}
TXT = {"66.100.51.198.bl.example.net": "https://bl.example.net/198.51.100.66",
       "listed.example.net.dbl.example.net": "listed.example.net is on the list"}
PTR = {"10.100.51.198.in-addr.arpa": "mx.example.com", "200.2.0.192.in-addr.arpa": "mx.example.net",
       "25.2.0.192.in-addr.arpa": "mx.example.org"}


def encoded(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".")) + b"\0"


def answer(query: bytes) -> bytes:
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin1"))
        at += 1 + query[at]
    kind = struct.unpack(">H", query[at + 1:at + 3])[0]
    name = ".".join(labels).lower()
    data = None
    if kind == 1 and name in A:
        data = socket.inet_aton(A[name])
    elif kind == 12 and name in PTR:
        data = encoded(PTR[name])
    elif kind == 15 and name in MX:
        data = struct.pack(">H", 10) + encoded(MX[name])
    elif kind == 16 and name in TXT:
        data = bytes([len(TXT[name])]) + TXT[name].encode()
    known = any(name in table for table in (A, MX, TXT, PTR))
    record = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data if data else b""
    return (query[:2] + struct.pack(">HHHHH", 0x8580 | (0 if known else 3), 1, 1 if data else 0, 0, 0)
            + query[12:at + 5] + record)


server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    try:
        server.sendto(answer(query), client)
    except (IndexError, struct.error):
        pass
