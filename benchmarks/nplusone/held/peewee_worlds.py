"""Peewee: prefetch against lazy reads, saves, deletes, one page each."""

import random
from collections.abc import Callable
from typing import Any

import peewee as pw

from benchmarks.nplusone.own.recorder import Finding, Recorder, pause, scenario, serve
from benchmarks.nplusone.own.servers import MY_PORT, PG_PORT

PROXY = pw.DatabaseProxy()


class Base(pw.Model):
    class Meta:
        database = PROXY
        legacy_table_names = False


class Artist(Base):
    artist_id = pw.AutoField()
    name = pw.CharField()

    class Meta:
        table_name = "artists"


class Album(Base):
    album_id = pw.AutoField()
    artist = pw.ForeignKeyField(Artist, backref="albums", column_name="artist_id")
    title = pw.CharField()
    year = pw.IntegerField()

    class Meta:
        table_name = "albums"


class Track(Base):
    track_id = pw.AutoField()
    album = pw.ForeignKeyField(Album, backref="tracks", column_name="album_id")
    title = pw.CharField()
    seconds = pw.IntegerField()

    class Meta:
        table_name = "tracks"


class Play(Base):
    play_id = pw.AutoField()
    track = pw.ForeignKeyField(Track, backref="plays", column_name="track_id")
    listener_id = pw.IntegerField()

    class Meta:
        table_name = "plays"


def peewee(
    name: str, engine: str, label: str, family: str, *findings: Finding, noise: bool = False, note: str = ""
) -> Any:
    """Declare a Peewee scenario; its body gets the recorder."""

    def declare(body: Callable[[Recorder], None]) -> Any:
        def run(recorder: Recorder) -> None:
            kind, port = (pw.PostgresqlDatabase, PG_PORT) if engine == "pg" else (pw.MySQLDatabase, MY_PORT)
            database = kind("worlds", host="127.0.0.1", port=port, user="app", autoconnect=True)
            plain = database.execute_sql

            def heard(text: str, params: Any = None, *rest: Any, **more: Any) -> Any:
                recorder.sent(text)
                return plain(text, params, *rest, **more)

            database.execute_sql = heard
            PROXY.initialize(database)
            body(recorder)

        driver = "psycopg2" if engine == "pg" else "pymysql"
        return scenario(name, driver, engine, label, family, findings, "peewee", note, noise)(run)

    return declare


def requests(r: Recorder, route: str, view: Callable[[], None], n: int, workers: int = 2) -> None:
    """The view n times; each worker has its own connection."""

    def work() -> None:
        for _ in range(n // workers):
            with r.request(route):
                view()
            pause(2, 14)
        PROXY.close()

    serve([work] * workers, workers)


@peewee(
    "peewee_lazy_where_prefetched",
    "pg",
    "positive",
    "prefetched, then queried again",
    Finding("F1", "count_per_row", "len of the prefetched"),
    noise=True,
)
def again(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent"):
            found = pw.prefetch(Album.select().where(Album.year == random.randint(1971, 2019)), Track.select())
        for album in found:
            with r.mark("F1.child"):
                Track.select().where(Track.album == album, Track.seconds > 200).count()

    requests(r, "/albums", view, 12)


@peewee("peewee_backref_plays_my", "my", "positive", "backref with a limit, two levels", Finding("F1", "n_plus_one"),
        Finding("F2", "n_plus_one", parent_finding="F1"), noise=True)  # fmt: skip
def backref(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent"):
            found = list(Track.select().where(Track.seconds > random.randint(100, 380)).order_by(Track.title).limit(8))
        for track in found:
            with r.mark("F2.child"):
                _ = track.album.title
            with r.mark("F1.child"):
                list(track.plays.select(Play.listener_id).order_by(Play.play_id.desc()).limit(2).tuples())

    requests(r, "/tracks", view, 8)


@peewee(
    "peewee_delete_instances",
    "pg",
    "positive",
    "delete_instance per object",
    Finding("F1", "delete_per_row", "delete().where(in_)"),
)
def deletes(r: Recorder) -> None:
    def view() -> None:
        with PROXY.atomic():
            with r.mark("F1.parent"):
                found = list(Play.select().where(Play.listener_id == random.randint(1, 300)).limit(11))
            for play in found:
                with r.mark("F1.child"):
                    play.delete_instance()

    requests(r, "/history/clear", view, 8, 1)


@peewee(
    "peewee_sessions_of_saves_my",
    "my",
    "positive",
    "save per object in atomic",
    Finding("F1", "update_per_row", "bulk_update"),
)
def saves(r: Recorder) -> None:
    def view() -> None:
        with PROXY.atomic():
            with r.mark("F1.parent"):
                found = list(Track.select().where(Track.album == random.randint(1, 600)))
            found += list(Track.select().where(Track.album == random.randint(1, 600)))
            for track in found:
                track.seconds += 1
                with r.mark("F1.child"):
                    track.save(only=[Track.seconds])

    requests(r, "/albums/retag", view, 8, 1)


@peewee("peewee_real_prefetch", "pg", "negative", "prefetch of two levels", noise=True)
def fetched(r: Recorder) -> None:
    def view() -> None:
        found = pw.prefetch(
            Artist.select().where(Artist.artist_id > random.randint(1, 100)).limit(5), Album.select(), Track.select()
        )
        _ = [[len(album.tracks) for album in artist.albums] for artist in found]

    requests(r, "/artists", view, 14)


@peewee("peewee_album_page_my", "my", "negative", "detail page of four statements", noise=True)
def album(r: Recorder) -> None:
    def view() -> None:
        one = Album.get_by_id(random.randint(1, 600))
        _ = one.artist.name
        list(one.tracks)
        Play.select().join(Track).where(Track.album == one).count()

    requests(r, "/albums/:id", view, 36, 3)


@peewee("peewee_album_page_pg", "pg", "negative", "detail page of four statements")
def album_pg(r: Recorder) -> None:
    def view() -> None:
        one = Album.get_by_id(random.randint(1, 600))
        _ = one.artist.name
        list(one.tracks)
        Play.select().join(Track).where(Track.album == one).count()

    requests(r, "/albums/:id", view, 36, 3)
