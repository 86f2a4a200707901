"""Identifiers for simulated securities: of the right length, with right check digits, and marked SIM. Nothing real may come in."""

import string
from functools import cache

ALPHABET = string.digits + string.ascii_uppercase
SEDOL_WEIGHTS = (1, 3, 1, 7, 3, 9)
CUSIP_COUNTRIES = ("US", "CA")  # whose national numbers are CUSIPs


def _digit_sum(values: list[int]) -> int:
    return sum(value // 10 + value % 10 for value in values)


def check_digit_of_cusip(body: str) -> str:
    """Of eight characters: modulus 10, double add double (ANSI X9.6)."""
    return str(-_digit_sum([ALPHABET.index(character) * (1 + position % 2) for position, character in enumerate(body)]) % 10)


def check_digit_of_isin(body: str) -> str:
    """Of eleven characters: Luhn over letters written as two digits (ISO 6166)."""
    digits = "".join(str(ALPHABET.index(character)) for character in body)
    return str(-_digit_sum([int(digit) * (2 - position % 2) for position, digit in enumerate(reversed(digits))]) % 10)


def check_digit_of_sedol(body: str) -> str:
    """Of six characters: weighted sum (London Stock Exchange)."""
    return str(-sum(weight * ALPHABET.index(character) for weight, character in zip(SEDOL_WEIGHTS, body, strict=True)) % 10)


@cache
def cusip(serial: int) -> str:
    """Nine characters: issuer SIMnnn, issue 10, check digit."""
    body = f"SIM{serial:03d}10"
    return body + check_digit_of_cusip(body)


@cache
def isin(serial: int, country: str = "US") -> str:
    """Twelve characters: country (ISO 3166), national number, check digit. Outside North America the number is SIM and six digits."""
    body = country + (cusip(serial) if country in CUSIP_COUNTRIES else f"SIM{serial:06d}")
    return body + check_digit_of_isin(body)


@cache
def sedol(serial: int) -> str:
    """Seven characters: SMnnnn and the check digit; vowels are not allowed."""
    body = f"SM{serial:04d}"
    return body + check_digit_of_sedol(body)
