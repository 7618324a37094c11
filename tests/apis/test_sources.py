import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from mmseg_hrvit.apis import sources
from mmseg_hrvit.apis.sources import download, find_images, names_below, open_video
from mmseg_hrvit.errors import DataError, InputError


@pytest.fixture
def folder(tmp_path):
    for name in ('b.jpg', 'a.PNG', 'deep/a.jpg'):
        path = tmp_path / 'images' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new('RGB', (8, 6)).save(path)
    (tmp_path / 'images/notes.txt').write_text('no image')
    return tmp_path / 'images'


@pytest.fixture
def address(folder):
    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(
        ('127.0.0.1', 0), partial(Handler, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}'
    server.shutdown()
    server.server_close()


def test_folder_glob_and_file(folder):
    paths = find_images(str(folder))
    assert names_below(paths, str(folder)) == ['a.PNG', 'b.jpg', 'deep/a.jpg']
    pattern = str(folder / '**/a.*')
    paths = find_images(pattern)
    assert names_below(paths, pattern) == ['a.PNG', 'deep/a.jpg']
    one = str(folder / 'b.jpg')
    assert names_below(find_images(one), one) == ['b.jpg']


def test_links_to_one_file_keep_their_names(folder, tmp_path):
    links = tmp_path / 'links'
    for name in ('1.jpg', 'deep/2.jpg'):
        (links / name).parent.mkdir(parents=True, exist_ok=True)
        (links / name).symlink_to(folder / 'b.jpg')
    pattern = str(links / '**/*.jpg')
    names = names_below(find_images(pattern), pattern)
    assert names == ['1.jpg', 'deep/2.jpg']


def test_nothing_found(folder, tmp_path):
    (tmp_path / 'empty').mkdir()
    for source in (tmp_path / 'empty', folder / '*.gif', tmp_path / 'none.jpg'):
        with pytest.raises(InputError, match='no image there'):
            find_images(str(source))


def test_addresses(address, monkeypatch):
    name, image = download(f'{address}/deep/a.jpg?size=1')
    assert name == 'a.jpg'
    assert image.shape == (6, 8, 3)
    with pytest.raises(DataError, match=r'cannot be downloaded .*404'):
        download(f'{address}/none.jpg')
    with pytest.raises(DataError, match='is not an image'):
        download(f'{address}/notes.txt')
    monkeypatch.setattr(sources, 'MAX_DOWNLOAD', 10)
    with pytest.raises(DataError, match='is larger than'):
        download(f'{address}/b.jpg')


def test_videos_that_are_none(folder):
    with pytest.raises(InputError, match='give the number of the camera'):
        open_video('camera:front')
    with pytest.raises(InputError, match='cannot be opened as a camera'):
        open_video('camera:97')
    with pytest.raises(InputError, match='cannot be opened as a video'):
        open_video(str(folder / 'notes.mp4'))
