"""The stores that tests run on are what they are called."""

from sqlalchemy import create_engine, make_url, text


def test_each_store_is_empty_and_can_be_written(store_url: str) -> None:
    url = make_url(store_url)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE mark (name text)"))
        connection.execute(text("INSERT INTO mark VALUES ('x')"))
        assert connection.execute(text("SELECT count(*) FROM mark")).scalar_one() == 1
    engine.dispose()


def test_a_database_of_postgresql_stores_text_as_utf_8(postgresql_url: str) -> None:
    engine = create_engine(postgresql_url)
    with engine.begin() as connection:
        assert connection.execute(text("SHOW server_encoding")).scalar_one() == "UTF8"
        assert connection.execute(text("SELECT 'Zoë 😀'")).scalar_one() == "Zoë 😀"
    engine.dispose()
