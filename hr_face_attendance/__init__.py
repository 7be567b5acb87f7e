import logging

from . import controllers, models, wizards

_logger = logging.getLogger(__name__)


def post_init_hook(env):
    """A first installation makes the master key; a later one finds it (see hr.face.key)."""
    try:
        env["hr.face.key"]._create_if_unused()
    except OSError as error:  # the settings say so too, and nobody is enrolled without it
        _logger.warning("The key file of the face templates could not be made: %s", error)
    env["hr.face.device"].search([])._admit_companies()


def uninstall_hook(env):
    """Every attendance row stays. Events would hold on to gates and devices, so they go first."""
    env.cr.execute("DELETE FROM hr_face_event")
    env.cr.execute("DROP SEQUENCE hr_face_gallery_seq")
