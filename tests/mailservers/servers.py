"""Postfix and Dovecot of the machine, as instances of their own: a folder, free ports, gone after the test.

The configuration is that of a small mail server: submission with STARTTLS and SASL for clients (Dovecot knows the
passwords), a second port that takes mail from this machine without a login as another mail server's would, delivery to
Maildirs, POP3 and IMAP with TLS. No service of the machine is touched; nothing but loopback is listened on.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapter.testing.pki import ThrowAwayPki

POSTFIX = Path("/usr/sbin/postfix")
DOVECOT = Path("/usr/sbin/dovecot")
NEEDED = {
    POSTFIX: "postfix",
    DOVECOT: "dovecot-core",
    Path("/usr/lib/dovecot/imap"): "dovecot-imapd",
    Path("/usr/lib/dovecot/pop3"): "dovecot-pop3d",
}
OWNER = 65534
"""Whose the Maildirs are: nobody, who is on every machine."""

PASSWORD = "hemmelig"
PORTS = ("submission", "smtp", "imap", "imaps", "pop3", "pop3s")


def missing() -> str:
    """Why the mail servers cannot be had here; empty when they can."""
    if os.geteuid() != 0:
        return "Postfix and Dovecot start as root only"
    lacking = [package for path, package in NEEDED.items() if not path.exists()]
    return f"not installed: {', '.join(lacking)}" if lacking else ""


@dataclass(frozen=True, slots=True)
class MailServers:
    """Running servers: `ports` by name of `PORTS`; every mailbox is `user@edi.example` with `PASSWORD`."""

    folder: Path
    ports: dict[str, int]
    users: tuple[str, ...]

    @property
    def ca(self) -> Path:
        """The root of the servers' certificate, which is for `localhost`."""
        return self.folder / "ca.crt"

    @property
    def password_file(self) -> Path:
        return self.folder / "password"

    def maildir(self, user: str) -> Path:
        return self.folder / "mail" / "edi.example" / user / "Maildir"

    def put(self, user: str, content: bytes, name: str) -> None:
        """Let a mail lie in a mailbox, as if it had just been delivered there."""
        draft = self.maildir(user) / "tmp" / name
        draft.write_bytes(content)
        os.chown(draft, OWNER, OWNER)
        draft.rename(self.maildir(user) / "new" / name)

    def lying(self, user: str, folder: str = "") -> list[bytes]:
        """The octets of every mail in a mailbox, or in a folder of it, in the order they were delivered."""
        there = self.maildir(user) / (f".{folder}" if folder else "")
        files = [file for part in ("new", "cur") for file in (there / part).glob("*")]
        return [file.read_bytes() for file in sorted(files, key=lambda file: file.name)]

    def waiting(self, user: str) -> int:
        """How many mails lie in a mailbox; they may be fetched meanwhile."""
        return sum(1 for part in ("new", "cur") for _ in (self.maildir(user) / part).iterdir())

    def empty(self, user: str) -> None:
        """Make a mailbox as new: no mails, no folders, no numbering."""
        shutil.rmtree(self.maildir(user), ignore_errors=True)
        for part in ("", "tmp", "new", "cur"):
            made = self.maildir(user) / part
            made.mkdir(parents=True, exist_ok=True)
            os.chown(made, OWNER, OWNER)

    def queued(self) -> int:
        """How many mails Postfix has still to deliver."""
        spool = self.folder / "spool"
        queues = ("maildrop", "incoming", "active", "deferred", "hold")
        return sum(1 for queue in queues for file in (spool / queue).rglob("*") if file.is_file())

    def settle(self) -> None:
        """Wait until Postfix has delivered everything."""
        _until(lambda: self.queued() == 0)

    def stop_dovecot(self) -> None:
        """Stop Dovecot and the sessions under way, which it would let live on."""
        master = int((self.folder / "run" / "master.pid").read_text())
        sessions = _children(master)
        _run("/usr/bin/doveadm", "-c", str(self.folder / "dovecot.conf"), "stop")
        for pid in sessions:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def start_dovecot(self) -> None:
        _run(str(DOVECOT), "-c", str(self.folder / "dovecot.conf"))
        _until(lambda: all(_answers(self.ports[name]) for name in PORTS[2:]))


@contextmanager
def running(users: tuple[str, ...]) -> Iterator[MailServers]:
    """Postfix and Dovecot for these users of `edi.example`."""
    folder = Path(tempfile.mkdtemp(prefix="mail-"))
    folder.chmod(0o755)
    servers = MailServers(folder, dict(zip(PORTS, _free_ports(len(PORTS)), strict=True)), users)
    try:
        _lay_out(servers)
        _run(str(POSTFIX), "-c", str(folder / "postfix"), "start")
        servers.start_dovecot()
        _until(lambda: _answers(servers.ports["submission"]))
        yield servers
    finally:
        abort = [str(POSTFIX), "-c", str(folder / "postfix"), "abort"]
        subprocess.run(abort, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=60)
        if (folder / "run" / "master.pid").exists():
            servers.stop_dovecot()
        shutil.rmtree(folder, ignore_errors=True)


def _lay_out(servers: MailServers) -> None:
    folder = servers.folder
    for name in ("postfix", "spool", "data", "run", "mail"):
        (folder / name).mkdir()
    os.chown(folder / "data", pwd.getpwnam("postfix").pw_uid, -1)
    pki = ThrowAwayPki(2048)
    pair = pki.server("localhost")
    servers.ca.write_bytes(pki.root_pem())
    (folder / "tls.pem").write_bytes(pair.certificate_pem())
    (folder / "tls.key").write_bytes(pair.key_pem())
    servers.password_file.write_text(f"{PASSWORD}\n", "utf-8")
    boxes = "".join(f"{user}@edi.example edi.example/{user}/Maildir/\n" for user in servers.users)
    (folder / "postfix" / "boxes").write_text(boxes, "utf-8")
    (folder / "postfix" / "main.cf").write_text(_main_cf(servers), "utf-8")
    (folder / "postfix" / "master.cf").write_text(_master_cf(servers), "utf-8")
    logins = "".join(f"{user}@edi.example:{{PLAIN}}{PASSWORD}\n" for user in servers.users)
    (folder / "users").write_text(logins, "utf-8")
    (folder / "dovecot.conf").write_text(_dovecot_conf(servers), "utf-8")
    for user in servers.users:
        servers.empty(user)
        os.chown(servers.maildir(user).parent, OWNER, OWNER)


def _main_cf(servers: MailServers) -> str:
    folder = servers.folder
    return f"""compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
myhostname = mail.edi.example
mydestination =
alias_maps =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
in_flow_delay = 0
smtpd_error_sleep_time = 0
virtual_mailbox_domains = edi.example
virtual_mailbox_maps = texthash:{folder}/postfix/boxes
virtual_mailbox_base = {folder}/mail
virtual_uid_maps = static:{OWNER}
virtual_gid_maps = static:{OWNER}
virtual_minimum_uid = 1000
virtual_mailbox_limit = 0
virtual_transport = virtual
default_transport = error:no delivery to the outside
message_size_limit = 51200000
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_cert_file = {folder}/tls.pem
smtpd_tls_key_file = {folder}/tls.key
smtpd_tls_security_level = may
"""


def _master_cf(servers: MailServers) -> str:
    submission = " ".join(
        f"-o {setting}"
        for setting in (
            "smtpd_tls_security_level=encrypt",
            "smtpd_sasl_auth_enable=yes",
            "smtpd_sasl_type=dovecot",
            "smtpd_sasl_path=private/auth",
            "smtpd_recipient_restrictions=permit_sasl_authenticated,reject",
            "smtpd_relay_restrictions=permit_sasl_authenticated,reject",
        )
    )
    return f"""127.0.0.1:{servers.ports["submission"]} inet n - n - - smtpd {submission}
127.0.0.1:{servers.ports["smtp"]} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def _dovecot_conf(servers: MailServers) -> str:
    folder, ports = servers.folder, servers.ports
    return f"""protocols = imap pop3
base_dir = {folder}/run
log_path = {folder}/dovecot.log
listen = 127.0.0.1, 127.0.0.2
ssl = yes
ssl_cert = <{folder}/tls.pem
ssl_key = <{folder}/tls.key
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:~/Maildir
mail_uid = {OWNER}
mail_gid = {OWNER}
first_valid_uid = {OWNER}
last_valid_uid = {OWNER}
first_valid_gid = {OWNER}
mail_max_userip_connections = 50
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={OWNER} gid={OWNER} home={folder}/mail/%d/%n
}}
protocol pop3 {{
  pop3_lock_session = yes
  pop3_uidl_format = %g
}}
service imap-login {{
  inet_listener imap {{
    port = {ports["imap"]}
  }}
  inet_listener imaps {{
    port = {ports["imaps"]}
    ssl = yes
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {ports["pop3"]}
  }}
  inet_listener pop3s {{
    port = {ports["pop3s"]}
    ssl = yes
  }}
}}
service auth {{
  unix_listener {folder}/spool/private/auth {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


def _run(*words: str) -> None:
    with tempfile.TemporaryFile() as said:  # not a pipe, which a daemon would keep open
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False, timeout=60)
        said.seek(0)
        assert done.returncode == 0, f"{' '.join(words)}: {said.read().decode()}"


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


def _children(parent: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


def _until(done: object, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < end, f"a mail server is not ready within {seconds} s"
        time.sleep(0.05)
