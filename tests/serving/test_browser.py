"""The page in a real browser: Chromium, without a window.

``pip install selenium`` and ``apt install chromium chromium-driver``, then ``--full``.
"""

import shutil
from base64 import b64encode
from mimetypes import guess_type
from threading import Thread

import cv2
import numpy as np
import pytest

pytest.importorskip('gradio')
pytest.importorskip('fastapi_offline')
pytest.importorskip('selenium', reason='needs selenium: pip install selenium')

import uvicorn
from selenium.webdriver import ActionChains, Chrome, ChromeOptions, Keys
from selenium.webdriver.chrome.service import Service as Driver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from mmseg_hrvit.serving import Limits, listen
from mmseg_hrvit.serving.server import build
from serving_data import blank_png, draw_png, small_segmenter

CHROMIUM, DRIVER = shutil.which('chromium'), shutil.which('chromedriver')
FLAGS = (
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-dev-shm-usage',
    '--window-size=1280,900',
)
WAIT = 60  # seconds

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        CHROMIUM is None or DRIVER is None, reason='needs chromium and chromium-driver'
    ),
]

# What the canvas shows at a place, from 0 to 1: red, green, blue, alpha.
READ_PIXEL = """
const canvas = document.querySelector('.colours');
const place = [arguments[0] * canvas.width, arguments[1] * canvas.height];
return [...canvas.getContext('2d').getImageData(...place, 1, 1).data];
"""
# Drops a file onto the page, as a hand does; its bytes are in base64.
DROP = """
const [name, type, text] = arguments;
const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const data = new DataTransfer();
data.items.add(new File([bytes], name, { type }));
const options = { bubbles: true, cancelable: true, dataTransfer: data };
const zone = document.querySelector('#drop button');
zone.dispatchEvent(new DragEvent('drop', options));
"""
LOADED = 'return performance.getEntriesByType("resource").map((entry) => entry.name)'


@pytest.fixture
def segmenter():
    return small_segmenter()


@pytest.fixture
def address(segmenter):
    """A server in a thread of its own."""
    with listen('127.0.0.1', 0) as listener:
        config = uvicorn.Config(
            build(segmenter, Limits()), log_level='warning', timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        yield f'http://127.0.0.1:{listener.getsockname()[1]}'
        server.should_exit = True
        thread.join()


@pytest.fixture
def browser(tmp_path):
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f'--user-data-dir={tmp_path / "profile"}'):
        options.add_argument(flag)
    downloads = {'download.default_directory': str(tmp_path / 'downloads')}
    options.add_experimental_option('prefs', downloads)
    browser = Chrome(options=options, service=Driver(DRIVER))
    yield Page(browser)
    browser.quit()


class Page:
    """What a person does with the page."""

    def __init__(self, browser):
        self.browser = browser

    def find(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def wait(self, condition):
        return WebDriverWait(self.browser, WAIT).until(lambda _: condition())

    def drop(self, path):
        # The place is free again when the image before is done.
        self.wait(lambda: self.find_all('#drop input[type=file]'))
        text = b64encode(path.read_bytes()).decode()
        kind = guess_type(path)[0]  # by the name, as browsers do
        self.browser.execute_script(DROP, path.name, kind, text)

    def wait_for_image(self, name):
        self.wait(lambda: self.find('.download').get_attribute('download') == name)
        self.wait(lambda: self.find('.viewer').is_displayed())

    def pixel(self, x, y):
        return self.browser.execute_script(READ_PIXEL, x, y)

    def point_at(self, x, y):
        """Moves the pointer, and reads what the page says of the place."""
        canvas = self.find('.colours')
        size = canvas.size
        offset = int((x - 0.5) * size['width']), int((y - 0.5) * size['height'])
        ActionChains(self.browser).move_to_element_with_offset(
            canvas, *offset
        ).perform()
        return self.find('.under').text

    def message(self):
        toast = self.wait(lambda: self.find_all('.toast-body'))[0]
        text = toast.text
        toast.find_element(By.CSS_SELECTOR, '.toast-close').click()
        self.wait(lambda: not self.find_all('.toast-body'))
        return text


def test_a_visit(browser, address, segmenter, tmp_path):
    for name in ('first', 'second'):
        (tmp_path / f'{name}.png').write_bytes(draw_png(192, 256))
    (tmp_path / 'huge.png').write_bytes(blank_png(20_000))
    (tmp_path / 'text.jpg').write_text('no image')
    (expected,) = segmenter([tmp_path / 'first.png'])
    classes, palette = segmenter.metadata.classes, segmenter.metadata.palette
    # In the middle of a pixel of the image, which is more than one of the screen's.
    columns, rows = (64, 128, 192), (48, 96, 144)
    places = [((x + 0.5) / 256, (y + 0.5) / 192) for x in columns for y in rows]
    centre = places[4]

    def label(x, y):
        return int(expected.labels[int(y * 192), int(x * 256)])

    browser.browser.get(address)
    browser.drop(tmp_path / 'first.png')
    browser.wait_for_image('first_labels.png')
    assert len({label(*place) for place in places}) > 1
    for place in places:
        assert browser.pixel(*place) == [*palette[label(*place)], 255]
        assert browser.point_at(*place) == classes[label(*place)]

    # A class is turned off and on again.
    value = label(*centre)
    box = browser.find(f'.classes label[data-value="{value}"] input')
    box.click()
    for place in places:
        alpha = 0 if label(*place) == value else 255
        assert browser.pixel(*place)[3] == alpha
    box.click()
    assert browser.pixel(*centre)[3] == 255

    slider = browser.find('.opacity')
    before = float(browser.find('.colours').value_of_css_property('opacity'))
    slider.send_keys(Keys.HOME, Keys.ARROW_RIGHT)
    after = float(browser.find('.colours').value_of_css_property('opacity'))
    assert (before, after) == (0.5, 0.01)

    browser.find('.download').click()
    path = tmp_path / 'downloads' / 'first_labels.png'
    browser.wait(path.exists)
    labels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(labels, expected.labels)

    browser.drop(tmp_path / 'huge.png')
    assert 'more than 64,000,000 pixels' in browser.message()
    browser.drop(tmp_path / 'text.jpg')
    assert 'cannot be read as an image' in browser.message()
    browser.drop(tmp_path / 'second.png')
    browser.wait_for_image('second_labels.png')
    assert browser.pixel(*centre) == [*palette[value], 255]
    # The choice of opacity stays.
    assert browser.find('.opacity').get_attribute('value') == '1'
    loaded = browser.browser.execute_script(LOADED)
    assert all(name.startswith((address, 'data:', 'blob:')) for name in loaded)
