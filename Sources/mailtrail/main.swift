print("mailtrail")
