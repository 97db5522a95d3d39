"""Emulated Object Storage: buckets on disk, objects as plain files, metadata in SQLite beside them."""

from emulator.object_storage.service import ObjectStorageService

__all__ = ["ObjectStorageService"]
