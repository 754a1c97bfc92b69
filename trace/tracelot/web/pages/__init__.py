"""The HTML door."""

from fastapi import APIRouter

router = APIRouter()
