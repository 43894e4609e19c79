"""Paths to a root: issuers in between, policies, and what is long, circular or crowded."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from adapter.crypto.certificates import MAX_ISSUERS, Problem, TrustAnchors, Usage, path, problems
from adapter.testing.pki import ThrowAwayPki

NOW = datetime(2024, 3, 5, 10, tzinfo=UTC)
ENTERPRISE, OTHER = "2.16.578.1.26.1.3.2", "1.2.3.4"


def _below(root: ThrowAwayPki, count: int, **named: str) -> list[ThrowAwayPki]:
    line = [root]
    for number in range(count):
        line.append(ThrowAwayPki(2048, name=f"Issuer {number}", above=line[-1], **named))
    return line


@pytest.fixture(scope="module")
def root() -> ThrowAwayPki:
    return ThrowAwayPki(2048)


@pytest.mark.parametrize("count", [0, 1, MAX_ISSUERS])
def test_a_path_over_issuers(root, count):
    """The path holds the certificate, every issuer and the root, in that order."""
    line = _below(root, count)
    leaf = line[-1].pair("Sykehuset", "123456789", Usage.SIGNING).certificate
    found = path(leaf, line[-1].anchors, NOW)
    assert found == (leaf, *(one.root for one in reversed(line)))
    assert problems(leaf, Usage.SIGNING, line[-1].anchors, NOW) == ()


def test_a_chain_that_is_too_long_has_no_path(root):
    """One issuer more than the limit, and there is none."""
    line = _below(root, MAX_ISSUERS + 1)
    leaf = line[-1].pair("Sykehuset", "123456789", Usage.SIGNING).certificate
    assert problems(leaf, Usage.SIGNING, line[-1].anchors, NOW) == (Problem.NO_PATH,)


def test_issuers_in_a_circle_lead_nowhere(root):
    """Two issuers that vouch for each other, and neither for a root: no path, and an end."""
    one, other = ThrowAwayPki(2048, name="One"), ThrowAwayPki(2048, name="Other")
    circle = (
        other.issue_issuer(one.root.subject, one.root.public_key()),
        one.issue_issuer(other.root.subject, other.root.public_key()),
    )
    leaf = one.pair("Sykehuset", "123456789", Usage.SIGNING).certificate
    assert path(leaf, TrustAnchors((root.root,), circle), NOW) == ()


def test_a_crowd_of_issuers_of_one_name_is_given_up(root):
    """Hundreds of certificates of one issuer, each with the next hundreds above: the search has an end."""
    line = _below(root, 3)
    crowd = [
        above.issue_issuer(below.root.subject, below.root.public_key())
        for above, below in pairwise(line[1:])
        for _ in range(100)
    ]
    stray = ThrowAwayPki(2048, name="Stray")
    crowd += [stray.issue_issuer(line[1].root.subject, line[1].root.public_key()) for _ in range(100)]
    leaf = line[-1].pair("Sykehuset", "123456789", Usage.SIGNING).certificate
    assert path(leaf, TrustAnchors((root.root,), tuple(crowd)), NOW) == ()


def test_the_first_issuer_that_leads_to_a_root_is_taken(root):
    """Beside a false issuer of the same name the true one is found."""
    (_, issuer) = _below(root, 1)
    false = ThrowAwayPki(2048, name="Elsewhere").issue_issuer(
        issuer.root.subject, rsa.generate_private_key(65537, 2048).public_key()
    )
    leaf = issuer.pair("Sykehuset", "123456789", Usage.SIGNING).certificate
    assert len(path(leaf, TrustAnchors((root.root,), (false, issuer.root)), NOW)) == 3


@pytest.mark.parametrize(
    ("leaf_names", "issuer_names", "accepted", "good"),
    [
        (ENTERPRISE, ENTERPRISE, {ENTERPRISE}, True),
        (ENTERPRISE, "2.5.29.32.0", {ENTERPRISE, OTHER}, True),
        (ENTERPRISE, OTHER, {ENTERPRISE, OTHER}, False),
        (ENTERPRISE, "", {ENTERPRISE}, False),
        ("", ENTERPRISE, {ENTERPRISE}, False),
        (OTHER, OTHER, {ENTERPRISE}, False),
        ("", "", set(), True),
    ],
)
def test_policies(leaf_names, issuer_names, accepted, good):
    """The leaf names an accepted policy and each issuer below the root the same one or any; none accepted asks none."""
    top = ThrowAwayPki(2048, policy=issuer_names)
    issuer = ThrowAwayPki(2048, name="Issuer", above=top, policy=leaf_names)
    leaf = issuer.pair("Sykehuset", "123456789", Usage.SIGNING).certificate
    anchors = TrustAnchors((top.root,), (issuer.root,), frozenset(accepted))
    expected = () if good else (Problem.WRONG_POLICY,)
    assert problems(leaf, Usage.SIGNING, anchors, NOW) == expected
