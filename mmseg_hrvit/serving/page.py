"""The page: drop an image, look at its classes."""

from pathlib import Path

import gradio as gr

from mmseg_hrvit.errors import InputError

from .endpoint import list_metadata_classes
from .service import Service
from .view import make_view

HOUR = 3600  # seconds
WAITING = 16  # images of the page; further ones are refused
VIEWER = Path(__file__).parent / 'viewer'
TITLE = 'Semantic segmentation by HRViT'


def build_page(service: Service) -> gr.Blocks:
    """Makes the page.

    Args:
        service (Service): The network.

    Returns:
        gr.Blocks: The page, ready to mount. It deletes uploads after an hour.
    """

    def segment(path: str) -> dict:
        try:
            image, labels = service.segment(Path(path).read_bytes)
        except InputError as error:
            raise gr.Error(str(error), print_exception=False) from None
        return make_view(Path(path).name, image, labels)

    with gr.Blocks(
        title=TITLE, analytics_enabled=False, delete_cache=(HOUR, HOUR)
    ) as page:
        gr.Markdown(f'# {TITLE}')
        upload = gr.File(
            label='Drop an image here', file_types=['image'], height=130, elem_id='drop'
        )
        viewer = gr.HTML(
            html_template=read('viewer.html'),
            css_template=read('viewer.css'),
            js_on_load=read('viewer.js'),
            classes=[entry.model_dump() for entry in list_metadata_classes(service)],
        )
        done = upload.upload(segment, upload, viewer, api_visibility='private')
        # The next image can be dropped at once, after a refused one too.
        for after in (done.success, done.failure):
            after(None, outputs=upload, js='() => null')
        gr.Markdown('The same network as an HTTP endpoint: [docs](docs)')
    page.queue(max_size=WAITING)
    return page


def read(name: str) -> str:
    """Reads a file of the viewer."""
    return (VIEWER / name).read_text(encoding='utf-8')
