class Incidents:
    def __init__(self, a, b):
        pass

    def add(self, *a):
        pass

    def settle(self):
        pass
