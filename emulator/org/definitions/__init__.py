"""The org's types and fields as records: EntityDefinition, FieldDefinition and what the Tooling API has beside them."""
