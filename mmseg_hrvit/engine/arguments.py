"""The arguments of the types that a config names."""

import inspect
from collections.abc import Callable, Iterator
from inspect import Parameter

from mmengine import registry as registries
from mmengine.config import Config
from mmengine.registry import Registry

CATCH_ALL = Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD  # *args and **kwargs
# Read by what builds an object of the type, and not by the type.
TAKEN_BEFORE = dict(
    OPTIM_WRAPPERS=('constructor', 'optimizer', 'paramwise_cfg'),
    PARAM_SCHEDULERS=('convert_to_iter_based',),
    HOOKS=('priority',),
    LOOPS=('by_epoch',),
    MODELS=('requires_grad', 'pretrained', 'init_cfg'),
)


def find_type(name: object, cfg: Config) -> tuple[str, Callable] | None:
    """Finds the class or function that a ``type`` in a config names.

    Args:
        name (object): The name, or the class itself.
        cfg (Config): The config; its ``default_scope`` says where names are looked up.

    Returns:
        tuple[str, Callable] | None: The registry's name, and the class or function.
    """
    if callable(name):
        return '', name
    for key, root in vars(registries).items():
        if not isinstance(root, Registry):
            continue
        with root.switch_scope_and_registry(cfg.get('default_scope')) as registry:
            found = registry.get(name)
        if found is not None:
            return key, found
    return None


def list_arguments(function: Callable) -> set[str] | None:
    """Lists the names of the arguments that a class or a function takes.

    Args:
        function (Callable): The class or the function.

    Returns:
        set[str] | None: The names; None if it takes any.
    """
    names = set()
    for call in list_calls(function):
        parameters = list(inspect.signature(call).parameters.values())
        names |= {p.name for p in parameters if p.kind not in CATCH_ALL}
        if all(p.kind != p.VAR_KEYWORD for p in parameters):
            return names - {'self'}
    return None


def list_calls(function: Callable) -> Iterator[Callable]:
    """Yields a function, or the ``__init__`` of a class and of its base classes."""
    if not inspect.isclass(function):
        yield function
        return
    for cls in function.__mro__[:-1]:
        if '__init__' in vars(cls):
            yield cls.__init__


def allowed_arguments(node: dict, cfg: Config) -> set[str] | None:
    """Lists the keys that a part of a config with a ``type`` may have.

    Args:
        node (dict): The part.
        cfg (Config): The config.

    Returns:
        set[str] | None: The names; None if they cannot be known.
    """
    found = find_type(node['type'], cfg)
    if found is None:
        return None
    registry, function = found
    try:
        names = list_arguments(function)
    except ValueError:  # a built-in without a signature
        return None
    if names is None:
        return None
    return names | {'type', '_scope_', *TAKEN_BEFORE.get(registry, ())}
