"""Package ``mmseg_hrvit``, with its configs and tools inside the wheel."""

import re
import runpy
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
SERVE = ['fastapi-offline', 'gradio', 'uvicorn']
RASTER = ['pyogrio', 'rasterio', 'shapely']


def long_description() -> str:
    """README.md for a package index, where links into the repository lead nowhere."""
    text = (ROOT / 'README.md').read_text(encoding='utf-8')
    text = re.sub(r'!\[[^]]*\]\((?!https?:)[^)]*\)\n*', '', text)
    return re.sub(r'\[([^]]*)\]\((?!https?:)[^)]*\)', r'\1', text)


class BuildWithMim(build_py):
    """Adds configs, tools and their index in ``mmseg_hrvit/.mim``, where mim looks."""

    def run(self) -> None:
        """Builds the package; an editable one finds the folders in the checkout."""
        super().run()
        if self.editable_mode:
            return
        mim = Path(self.build_lib) / 'mmseg_hrvit' / '.mim'
        for folder in ('configs', 'tools'):
            shutil.copytree(
                ROOT / folder,
                mim / folder,
                dirs_exist_ok=True,
                ignore=shutil.ignore_patterns('__pycache__'),
            )
        shutil.copy(ROOT / 'model-index.yml', mim)


setup(
    name='mmseg_hrvit',
    version=runpy.run_path(ROOT / 'mmseg_hrvit' / 'version.py')['__version__'],
    description='HRViT (CVPR 2022) for OpenMMLab: multi-scale high-resolution '
    'vision transformers for semantic segmentation',
    long_description=long_description(),
    long_description_content_type='text/markdown',
    author='The mmseg_hrvit authors',
    project_urls={
        'Paper': 'https://arxiv.org/abs/2111.01236',
        'mmsegmentation': 'https://mmsegmentation.readthedocs.io',
    },
    keywords='semantic segmentation, vision transformer, HRViT, OpenMMLab, mmseg',
    license='Apache-2.0',
    packages=find_packages(include=['mmseg_hrvit', 'mmseg_hrvit.*', 'hrvit_cli']),
    package_data={
        'mmseg_hrvit': ['py.typed'],
        'mmseg_hrvit.serving': ['viewer/*'],
        'mmseg_hrvit.zoo': ['index.yaml', '*/*.json', '*/*.md', '*/*.safetensors'],
    },
    entry_points=dict(console_scripts=['hrvit = hrvit_cli.__main__:main']),
    python_requires='>=3.10',
    # The OpenMMLab packages come in two families of the same import names; which
    # one is there is the user's choice (the extra `onedl` has the default).
    install_requires=['torch>=2.6', 'safetensors'],
    extras_require=dict(
        onedl=(ROOT / 'requirements.txt').read_text(encoding='utf-8').split(),
        tests=[
            *SERVE,
            *RASTER,
            'httpx',
            'huggingface_hub',
            'hypothesis',
            'model-index',
            'mypy',
            'pycocotools',
            'pytest>=7.3',
            'pytest-xdist',
            'ruff==0.17.6',
            'setuptools>=70.1',
        ],
        tensorboard=['tensorboard'],
        export=['nncf', 'onnx', 'onnxruntime', 'onnxscript', 'openvino'],
        data=['cityscapesscripts', 'pycocotools'],
        hub=['huggingface_hub'],
        serve=SERVE,
        raster=RASTER,
    ),
    cmdclass=dict(build_py=BuildWithMim),
    classifiers=[
        'Development Status :: 4 - Beta',
        'Intended Audience :: Developers',
        'Intended Audience :: Science/Research',
        'Operating System :: POSIX :: Linux',
        'Programming Language :: Python :: 3',
        'Programming Language :: Python :: 3.10',
        'Programming Language :: Python :: 3.11',
        'Programming Language :: Python :: 3.12',
        'Programming Language :: Python :: 3.13',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
)
