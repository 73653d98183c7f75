"""SOQL from text to SQL: tokens, tree, parser, resolve, compile. Pure."""
