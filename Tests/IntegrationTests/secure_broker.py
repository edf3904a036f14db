"""An Apache Kafka with TLS, SASL and ACLs."""

import subprocess
from pathlib import Path

from confluent_kafka.admin import (
    AclBinding, AclBindingFilter, AclOperation, AclPermissionType, AdminClient, ResourcePatternType, ResourceType,
    ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion)

from brokers import RealKafka
from ports import free_port

MODULES = "org.apache.kafka.common.security"
PLAIN = f"{MODULES}.plain.PlainLoginModule required"
SCRAM = f"{MODULES}.scram.ScramLoginModule required;"
# Kafka's validator of tokens that nobody has signed.
OAUTHBEARER = f'{MODULES}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";'
# Who may log in, all with one password; each case has a user of its own.
USERS = ["copier", "talker", "lacking", "plain", "forgetful", "rotated"]
PASSWORD = "correct-horse-battery-staple"


class Certificates:
    """A certificate authority, and what it has signed; files in a directory."""

    def __init__(self, directory):
        self.dir = Path(directory)
        self.dir.mkdir(parents=True)
        self.ca = self.dir / "ca.pem"
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test-authority",
                      "-keyout", "ca.key", "-out", "ca.pem")

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.dir, check=True, capture_output=True)

    def sign(self, name, names="DNS:localhost,IP:127.0.0.1"):
        """Makes a key (NAME.key) and a certificate for CN=NAME (NAME.pem); gives both paths."""
        (self.dir / f"{name}.ext").write_text(f"subjectAltName={names}\n")
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                      "-out", f"{name}.csr")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                      "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")
        return self.dir / f"{name}.key", self.dir / f"{name}.pem"


class SecureKafka(RealKafka):
    """Apache Kafka, one node. The tests' own clients come without TLS, as a super user; `sasl` and `mutual` are the
    addresses for jobs, which may only what `allow` says."""

    name = "secure"

    def prepare(self):
        self.certificates = Certificates(f"{self.dir}/certificates")
        key, certificate = self.certificates.sign("broker")
        keystore = self.certificates.dir / "broker-keystore.pem"
        keystore.write_text(key.read_text() + certificate.read_text())
        port = free_port()
        self.sasl, self.mutual = f"localhost:{port}", f"localhost:{port + 1}"
        users = " ".join(f'user_{user}="{PASSWORD}"' for user in USERS)
        settings = {
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.port + 1},"
                         f"SASL://127.0.0.1:{port},MUTUAL://127.0.0.1:{port + 1}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port},SASL://{self.sasl},MUTUAL://{self.mutual}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MUTUAL:SSL",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
            "listener.name.sasl.scram-sha-256.sasl.jaas.config": SCRAM,
            "listener.name.sasl.scram-sha-512.sasl.jaas.config": SCRAM,
            "listener.name.sasl.oauthbearer.sasl.jaas.config": OAUTHBEARER,
            # Who does not log in anew before a token expires is thrown out.
            "listener.name.sasl.oauthbearer.connections.max.reauth.ms": "3600000",
            "listener.name.sasl.plain.sasl.jaas.config": f"{PLAIN} {users};",
            "ssl.keystore.type": "PEM", "ssl.keystore.location": keystore,
            "ssl.truststore.type": "PEM", "ssl.truststore.location": self.certificates.ca,
            "listener.name.mutual.ssl.client.auth": "required",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        }
        return [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]

    def tls(self):
        """The properties of a client that trusts this broker."""
        return {"ssl.ca.location": self.certificates.ca, "broker.address.family": "v4"}

    def set_plain_password(self, user, old, new):
        """Restarts the broker with another password for one of USERS."""
        path = Path(f"{self.dir}/node-1/server.properties")
        text = path.read_text()
        assert f'user_{user}="{old}"' in text, f"{old} is not the password of {user}"
        self.kill()
        path.write_text(text.replace(f'user_{user}="{old}"', f'user_{user}="{new}"'))
        self.start()

    def set_scram_password(self, user, mechanism, password=PASSWORD):
        """Lets a user log in by SCRAM with this password from now on; `mechanism`: e.g. SCRAM-SHA-256."""
        credential = ScramCredentialInfo(ScramMechanism[mechanism.replace("-", "_")], 4096)
        change = UserScramCredentialUpsertion(user, credential, password.encode())
        admin = AdminClient(self.client())
        for future in admin.alter_user_scram_credentials([change]).values():
            future.result(30)

    @staticmethod
    def _pattern(permission):
        kind, name, operation = permission
        pattern = ResourcePatternType.PREFIXED if name.endswith("*") else ResourcePatternType.LITERAL
        return ResourceType[kind], name.rstrip("*"), pattern, AclOperation[operation]

    def allow(self, principal, *permissions):
        """`permissions`: (kind of resource, name or PREFIX*, operation)."""
        admin = AdminClient(self.client())
        for permission in permissions:
            kind, name, pattern, operation = self._pattern(permission)
            acl = AclBinding(kind, name, pattern, principal, "*", operation, AclPermissionType.ALLOW)
            for future in admin.create_acls([acl]).values():
                future.result(30)

    def disallow(self, principal, permission):
        """Takes back what `allow` gave."""
        admin = AdminClient(self.client())
        kind, name, pattern, operation = self._pattern(permission)
        acl = AclBindingFilter(kind, name, pattern, principal, "*", operation, AclPermissionType.ALLOW)
        for future in admin.delete_acls([acl]).values():
            assert future.result(30), f"{permission} was not there"
