"""Every sentence that a person reads. Nothing here knows Discord's library, jobs or HTTP."""
